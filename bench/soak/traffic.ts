import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { WebSocket } from "ws";
import type { TrafficTally } from "./traffic-tally.ts";

export interface TrafficOptions {
  readonly port: number;
  readonly cookies: readonly string[];
  readonly tally: TrafficTally;
}

/** What one client does again and again. It rejects with what went wrong, in words. */
type Act = (cookie: string, path: string) => Promise<void>;

/** How many clients of each kind there are at once: it stays the same all the time, so that what grows is a leak. */
const CLIENTS: Record<string, number> = {
  get: 6,
  post: 3,
  long: 2,
  "events, aborted": 6,
  websocket: 4,
  "websocket, cut": 2,
  "slow reader": 2,
  "slow writer": 2,
  "upload, aborted": 2,
};

const PAUSE_MS = 5;
const ACT_TIMEOUT_MS = 15_000;
const WEBSOCKET_MESSAGES = 5;
const EVENTS_READ = 3;

/** Starts all clients; the function returned lets each finish what it does and resolves when they have. */
export function startTraffic({ port, cookies, tally }: TrafficOptions): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const acts = actsOf(port, agent);
  const state = { ending: false };
  const clients = Object.entries(CLIENTS).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, i) => repeat(kind, acts[kind] as Act, i)),
  );
  return async () => {
    state.ending = true;
    await Promise.all(clients);
    agent.destroy();
  };

  async function repeat(kind: string, act: Act, client: number): Promise<void> {
    for (let turn = client; !state.ending; turn += 1) {
      const startedAtMs = performance.now();
      const path = turn % 2 === 0 ? "/orders" : "/catalog";
      try {
        await withinTime(act(cookies[turn % cookies.length] as string, path));
        tally.done(kind);
      } catch (error) {
        tally.failed(kind, startedAtMs, error instanceof Error ? error.message : String(error));
      }
      await sleep(PAUSE_MS);
    }
  }
}

function actsOf(port: number, agent: Agent): Record<string, Act> {
  const open = (method: string, path: string, cookie: string, headers: Record<string, string> = {}): ClientRequest =>
    // Sec-Fetch-Site: figway turns a cookie into a token for changes from its own site only.
    request({
      port,
      host: "127.0.0.1",
      method,
      path,
      agent,
      headers: { cookie, "sec-fetch-site": "same-origin", ...headers },
    });
  return {
    async get(cookie, path) {
      const answer = await answerTo(open("GET", `${path}/1`, cookie));
      if (String(await buffer(answer)) !== `answer to ${path}/1`) throw new Error("another answer than was asked for");
    },
    async post(cookie, path) {
      const body = Buffer.alloc(1 + Math.floor(Math.random() * 150_000), path);
      const echoed = await buffer(await answerTo(open("POST", `${path}/1`, cookie), body));
      if (!echoed.equals(body)) throw new Error("the echo differs from what was sent");
    },
    async long(cookie, path) {
      const body = await buffer(await answerTo(open("GET", `${path}/long`, cookie)));
      if (body.length !== 300_000) throw new Error(`${body.length} octets instead of 300,000`);
    },
    async "events, aborted"(cookie, path) {
      const asked = open("GET", `${path}/events`, cookie);
      const answer = await answerTo(asked);
      for (let read = 0; read < EVENTS_READ; read += 1) await nextChunk(answer);
      answer.on("error", () => undefined);
      asked.destroy();
    },
    websocket: (cookie, path) => talk(port, cookie, `${path}/socket`, (webSocket) => webSocket.close(1000)),
    "websocket, cut": (cookie, path) => talk(port, cookie, `${path}/socket`, (webSocket) => webSocket.terminate()),
    "slow reader": async (cookie, path) => {
      const answer = await answerTo(open("GET", `${path}/long`, cookie));
      let octets = 0;
      for await (const chunk of answer) {
        octets += (chunk as Buffer).length;
        await sleep(10);
      }
      if (octets !== 300_000) throw new Error(`${octets} octets instead of 300,000`);
    },
    "slow writer": async (cookie, path) => {
      const asked = open("POST", `${path}/1`, cookie, { "content-length": "50" });
      const answered = answerTo(asked);
      // An answer that comes early, an error above all, is looked at below.
      answered.catch(() => undefined);
      for (let i = 0; i < 5; i += 1) {
        asked.write("0123456789");
        await sleep(40);
      }
      asked.end();
      if ((await buffer(await answered)).length !== 50) throw new Error("the echo is not whole");
    },
    "upload, aborted": (cookie, path) => abortUpload(port, cookie, path),
  };
}

async function answerTo(asked: ClientRequest, body?: Buffer): Promise<IncomingMessage> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve);
    asked.on("error", reject);
  });
  if (body !== undefined || asked.method === "GET") asked.end(body);
  const answer = await answered;
  if (answer.statusCode === 200) return answer;
  answer.resume();
  throw new Error(`status ${answer.statusCode}`);
}

function nextChunk(answer: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    answer.once("data", () => {
      answer.pause();
      resolve();
    });
    answer.once("close", () => reject(new Error("the stream ended")));
    answer.resume();
  });
}

function talk(port: number, cookie: string, path: string, end: (webSocket: WebSocket) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, origin: `http://127.0.0.1:${port}` };
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    let echoes = 0;
    webSocket.on("open", () => webSocket.send("0"));
    webSocket.on("message", (data) => {
      echoes += 1;
      if (String(data) !== String(echoes - 1)) reject(new Error("another echo than was sent"));
      if (echoes < WEBSOCKET_MESSAGES) webSocket.send(String(echoes));
      else end(webSocket);
    });
    webSocket.on("error", reject);
    webSocket.on("close", () => {
      if (echoes === WEBSOCKET_MESSAGES) resolve();
      else reject(new Error(`closed after ${echoes} echoes`));
    });
  });
}

/** Half an upload, then gone. */
function abortUpload(port: number, cookie: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      const head = `POST ${path}/1 HTTP/1.1\r\nHost: shop\r\nCookie: ${cookie}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 1000000\r\n\r\n`;
      socket.write(head);
      socket.write(Buffer.alloc(200_000), () => setTimeout(() => socket.destroy(), 20));
    });
    socket.on("data", () => undefined);
    socket.on("error", reject);
    socket.on("close", () => resolve());
  });
}

async function withinTime(act: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it took too long")), ACT_TIMEOUT_MS);
  });
  try {
    await Promise.race([act, overdue]);
  } finally {
    clearTimeout(timer);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
