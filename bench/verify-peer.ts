import { connect } from "node:net";
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { answerLength } from "./load/load-connection.ts";
import type { LastHeads } from "./load/origin-messages.ts";
import type { Peer } from "./peer-list.ts";
import type { PeerReady } from "./peers/peer-ready.ts";
import { requestsFor, type RunningPeer, type Stage } from "./start-stage.ts";

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Asks a peer once for each of three users and looks at both ends: a number for a proxy that does another job would be worth nothing.
 *
 * @returns what is wrong, in words; undefined when nothing is
 */
export async function verifyPeer(peer: Peer, running: RunningPeer, stage: Stage): Promise<string | undefined> {
  const requests = requestsFor(peer, stage.sessions);
  const side = peer.job === "full" ? "modern" : "legacy";
  for (const user of [0, 1, 2]) {
    const request = requests[user]?.[0] as string;
    const answer = await ask(running.ready.port, request);
    const wrong = wrongInAnswer(answer, side);
    if (wrong !== undefined) return `${wrong}: ${JSON.stringify(answer.slice(0, 300))}`;
    const heads = await stage.origin.ask<LastHeads>({ kind: "last-heads" });
    const session = stage.sessions.users[user] as { id: string; cookie: string };
    if (peer.job === "full") {
      const wrongSeen = await wrongInTranslation(heads.modern, session.id, running.ready);
      if (wrongSeen !== undefined) return `${wrongSeen}: ${JSON.stringify(heads.modern)}`;
    } else if (!heads.legacy.includes(session.cookie)) return "legacy did not see the session cookie";
  }
  return undefined;
}

function wrongInAnswer(answer: string, side: string): string | undefined {
  if (!answer.startsWith("HTTP/1.1 200")) return "the status is not 200";
  if (!new RegExp(`\\r\\nx-side: ${side}\\r\\n`, "i").test(answer)) return `it was not ${side} that answered`;
  return /\{"side":"\w+","text":"\.+"\}/.test(answer) ? undefined : "the body is not the origin's";
}

async function wrongInTranslation(head: string, user: string, { jwks }: PeerReady): Promise<string | undefined> {
  if (/connect\.sid/i.test(head)) return "modern saw the session cookie";
  if (!/\r\ncookie: theme=dark(?:\r\n|$)/i.test(head)) return "modern did not see the other cookie";
  const token = /\r\nauthorization: Bearer (\S+)/i.exec(head)?.[1];
  if (token === undefined) return "modern saw no bearer";
  const keys =
    typeof jwks === "string" ? createRemoteJWKSet(new URL(jwks)) : createLocalJWKSet(jwks as unknown as JSONWebKeySet);
  try {
    const { payload } = await jwtVerify(token, keys, { audience: "shop-modern" });
    return payload.sub === user ? undefined : `the token is of ${payload.sub}, not of ${user}`;
  } catch (error) {
    return `the token is not valid (${String(error)})`;
  }
}

/** One request over a connection of its own; resolves with the whole answer. */
export function ask(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    let received = Buffer.alloc(0);
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error("no answer in time")));
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      const length = answerLength(received);
      if (length === undefined || received.length < length) return;
      socket.destroy();
      resolve(received.toString("latin1"));
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(received.toString("latin1")));
  });
}
