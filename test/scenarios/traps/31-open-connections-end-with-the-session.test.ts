import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { takesLessThan } from "../../doubles/takes-less-than.ts";
import { until } from "../../doubles/until.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import type { LogoutShape } from "./rig/legacy.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

interface OpenConnection {
  /** What the upstream took the user for. */
  readonly user: string;
  /** Milliseconds on the monotonic clock, and the close code of a WebSocket. */
  readonly closed: Promise<{ atMs: number; code: number | undefined }>;
  readonly isOpen: boolean;
  close(): void;
}

type Opener = (rig: Rig, visitor: Visitor) => Promise<OpenConnection>;

const openSocket: Opener = async (rig, visitor) => {
  const headers = { cookie: visitor.cookie as string, origin: `http://127.0.0.1:${rig.port}` };
  const socket = new WebSocket(`ws://127.0.0.1:${rig.port}/ws`, { headers });
  const closed = once(socket, "close").then(([code]) => ({ atMs: performance.now(), code: code as number }));
  const [first] = (await once(socket, "message")) as [Buffer];
  return {
    user: String(first),
    closed,
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    close: () => socket.close(),
  };
};

const openEvents: Opener = async (rig, visitor) => {
  const headers = { cookie: visitor.cookie as string, accept: "text/event-stream" };
  const request = get({ port: rig.port, path: "/events", headers, agent: false });
  request.on("error", () => undefined);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  // A cut is an error to the client, before it is a close.
  const closed = new Promise<{ atMs: number; code: undefined }>((resolve) => {
    response.once("close", () => resolve({ atMs: performance.now(), code: undefined }));
  });
  const first = await new Promise<Buffer>((resolve, reject) => {
    response.once("data", resolve);
    response.once("close", () => reject(new Error("the stream was closed before its first event")));
  });
  return {
    user: /data: (.*)\n/.exec(String(first))?.[1] ?? "",
    closed,
    get isOpen() {
      return !response.destroyed;
    },
    close: () => request.destroy(),
  };
};

const KINDS: readonly (readonly [string, Opener])[] = [
  ["a WebSocket", openSocket],
  ["an event stream", openEvents],
];
const SHAPES: readonly LogoutShape[] = ["destroy", "unset", "regenerate", "flag"];

describeWithRealRedis("trap 31: open connections end with the session that they were opened for", () => {
  let rig: Rig;
  const open: OpenConnection[] = [];
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());
  afterEach(async () => {
    await rig.storeFaults.mend();
    for (const connection of open.splice(0)) connection.close();
  });

  async function opened(opener: Opener, visitor: Visitor): Promise<OpenConnection> {
    const connection = await opener(rig, visitor);
    open.push(connection);
    return connection;
  }

  for (const side of ["legacy", "modern"] as const) {
    describe(`on ${side}`, () => {
      beforeAll(async () => {
        for (const flag of ["ws-modern", "events-modern"]) await rig.flip(flag, side === "modern");
      });

      for (const [kind, opener] of KINDS) {
        it.each(SHAPES)(
          `${kind} is closed within a second of a logout by '%s', and other users' stay open`,
          async (shape) => {
            await takesLessThan(1_000, async () => {
              const [alice, bob] = [await new Visitor(rig).logIn("alice"), await new Visitor(rig).logIn("bob")];
              const [hers, his] = [await opened(opener, alice), await opened(opener, bob)];
              expect([hers.user, his.user]).toEqual(["alice", "bob"]);
              await alice.logOut(shape);
              const loggedOutMs = performance.now();
              const { atMs, code } = await hers.closed;
              if (opener === openSocket) expect(code).toBe(4401);
              expect(his.isOpen).toBe(true);
              return atMs - loggedOutMs;
            });
          },
        );

        it(`${kind} is closed when another user logs in under the same sid, and when the session ends by itself`, async () => {
          const browser = await new Visitor(rig).logIn("alice");
          const first = await opened(opener, browser);
          await browser.logIn("bob", "kept");
          await first.closed;
          const second = await opened(opener, browser);
          expect(second.user).toBe("bob");
          await rig.store.pexpire(browser.key, 300);
          await second.closed;
        });

        it(`${kind} is closed within two seconds of a logout past figway, while no change of Redis is reported`, async () => {
          await takesLessThan(2_500, async () => {
            const alice = await new Visitor(rig).logIn("alice");
            const hers = await opened(opener, alice);
            // Answered in order: whose the connection is, is known by now, and not to be asked of a store that says nothing any more.
            expect(await alice.onModern()).toMatchObject({ user: "alice" });
            rig.storeFaults.blackhole("open");
            await rig.store.del(alice.key);
            const goneMs = performance.now();
            const { atMs } = await hers.closed;
            await rig.storeFaults.mend();
            return atMs - goneMs;
          });
        });
      }
    });
  }

  it("a stream whose answer begins only after the logout is closed all the same", async () => {
    await rig.flip("events-modern", true);
    const alice = await new Visitor(rig).logIn("alice");
    let begin: (() => void) | undefined;
    rig.modern.script = (_req, res) => {
      begin = () => res.writeHead(200, { "content-type": "text/event-stream" }).write("data: alice\n\n");
    };
    const opening = opened(openEvents, alice);
    await until("modern has the request", () => begin !== undefined);
    await alice.logOut("unset");
    begin?.();
    const stream = await opening.catch(() => undefined);
    rig.modern.script = undefined;
    if (stream !== undefined) await stream.closed;
    expect(stream?.isOpen ?? false).toBe(false);
  });

  it("a WebSocket to legacy that was opened while Redis could not be read is closed at a logout after it could", async () => {
    await rig.flip("ws-modern", false);
    const alice = await new Visitor(rig).logIn("alice");
    await rig.storeFaults.refuse();
    await until("figway knows", async () => (await alice.send("/m/me")).status === 503);
    const hers = await opened(openSocket, alice);
    expect(hers.user).toBe("alice");
    const monitor = await rig.store.monitor();
    const asked: string[] = [];
    monitor.on("monitor", (_time: string, [name = "", key = ""]: string[]) => asked.push(`${name} ${key}`));
    await rig.storeFaults.mend();
    await until("figway has asked whose the socket is", () => asked.includes(`get ${alice.key}`));
    monitor.disconnect();
    // Answered in order: what was asked before is known by now.
    expect(await alice.onModern()).toMatchObject({ user: "alice" });
    await alice.logOut("unset");
    const loggedOutMs = performance.now();
    expect((await hers.closed).atMs - loggedOutMs).toBeLessThan(1_000);
  });

  it.each(KINDS)(
    "%s to legacy whose session is gone before Redis could be read is closed once it can, for nobody knows whose it was",
    async (_kind, opener) => {
      for (const flag of ["ws-modern", "events-modern"]) await rig.flip(flag, false);
      const alice = await new Visitor(rig).logIn("alice");
      await rig.storeFaults.refuse();
      await until("figway knows", async () => (await alice.send("/m/me")).status === 503);
      const hers = await opened(opener, alice);
      expect(hers.user).toBe("alice");
      await rig.store.del(alice.key);
      await rig.storeFaults.mend();
      await hers.closed;
    },
  );

  it("the upstream's end of a closed connection is closed as well", async () => {
    await until("nothing is open", () => rig.legacy.openStreams === 0 && rig.modern.openStreams === 0);
  });
});
