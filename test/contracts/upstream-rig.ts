import { once } from "node:events";
import net from "node:net";
import { listenSchema } from "../../src/config/schema/listen.ts";
import { upstreamSchema } from "../../src/config/schema/upstreams.ts";
import type { Outbound } from "../../src/model/outbound.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import { endToEndFields } from "../../src/transport/end-to-end-fields.ts";
import { sendAnswer } from "../../src/transport/client-side.ts";
import { forward } from "../../src/transport/forward.ts";
import { createListener } from "../../src/transport/inbound/create-listener.ts";
import { createUpstream, type Upstream } from "../../src/transport/upstream.ts";

/** An origin that is scripted byte by byte: what each connection received, and a script for what it answers. */
export interface RawOrigin {
  readonly url: string;
  /** Everything received, one entry per connection. */
  readonly received: string[];
  readonly sockets: net.Socket[];
  /** Extra settings of the upstream that points here, such as the authority that signed its certificate. */
  readonly settings: Record<string, unknown>;
  close(): void;
}

/** Called with everything a connection has received so far, each time more comes. */
export type OriginScript = (socket: net.Socket, received: string, connection: number) => void;

export type StartOrigin = (script: OriginScript) => Promise<RawOrigin>;

export async function serveRaw(server: net.Server, script: OriginScript, scheme: "http" | "https"): Promise<RawOrigin> {
  const received: string[] = [];
  const sockets: net.Socket[] = [];
  server.on(scheme === "http" ? "connection" : "secureConnection", (socket: net.Socket) => {
    const index = sockets.push(socket) - 1;
    received.push("");
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      received[index] += bytes.toString("latin1");
      script(socket, received[index] as string, index);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `${scheme}://localhost:${port}`,
    received,
    sockets,
    settings: {},
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export const startPlainOrigin: StartOrigin = (script) =>
  serveRaw(net.createServer({ allowHalfOpen: true, noDelay: true }), script, "http");

export interface Front {
  readonly port: number;
  readonly outcomes: Outcome[];
  readonly upstream: Upstream;
  close(): void;
}

export interface FrontOptions {
  readonly settings?: Record<string, unknown>;
  readonly outbound?: Partial<Outbound>;
}

/** A listener that does nothing but forward to one upstream; a failure before the first byte is answered with its code. */
export async function startFront(
  origin: { url: string; settings?: object },
  options: FrontOptions = {},
): Promise<Front> {
  const config = upstreamSchema.parse({ url: origin.url, ...origin.settings, ...options.settings });
  const upstream = createUpstream({ name: "legacy", config });
  const outcomes: Outcome[] = [];
  const listen = listenSchema.parse({});
  const listener = createListener({
    limits: listen.limits,
    timeouts: listen.timeouts,
    onRequest: (request, client) => {
      const outbound: Outbound = {
        side: "legacy",
        upstream: "legacy",
        method: request.method,
        target: request.target,
        headers: endToEndFields(request.rawHeaders),
        translateAnswer: (_status, headers) => headers,
        answerEnded: undefined,
        holdAnswer: undefined,
        limits: { totalTimeoutMs: undefined, maxBodyBytes: undefined },
        ...options.outbound,
      };
      void forward({ request, client, outbound, upstream }).then((outcome) => {
        outcomes.push(outcome);
        if (outcome.kind === "failed" && !outcome.responseStarted && outcome.failure.code !== "client-gone") {
          const { code } = outcome.failure;
          sendAnswer(client, 502, ["Content-Length", String(code.length)], code);
        }
      });
    },
    onUpgrade: (_request, socket) => socket.destroy(),
  });
  listener.server.listen(0, "127.0.0.1");
  await once(listener.server, "listening");
  const { port } = listener.server.address() as net.AddressInfo;
  const close = () => {
    upstream.pool.destroy();
    void listener.drain(0);
  };
  return { port, outcomes, upstream, close };
}

/** A client that speaks in bytes. */
export class RawClient {
  received = "";
  closed = false;
  readonly socket: net.Socket;

  constructor(port: number) {
    this.socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    this.socket.on("data", (bytes: Buffer) => {
      this.received += bytes.toString("latin1");
    });
    this.socket.on("error", () => undefined);
    this.socket.on("end", () => this.socket.end());
    this.socket.on("close", () => {
      this.closed = true;
    });
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  async until(text: string): Promise<string> {
    await eventually(
      () => this.received.includes(text),
      () => `no ${JSON.stringify(text)} in ${JSON.stringify(this.received)}`,
    );
    return this.received;
  }

  async untilClosed(): Promise<string> {
    await eventually(
      () => this.closed,
      () => `still open after ${JSON.stringify(this.received)}`,
    );
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Polls until `condition` holds; after five seconds it fails with what `complaint` says. */
export async function eventually(condition: () => boolean, complaint: () => string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(complaint());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Sends one request over a connection of its own and returns everything that comes back until it is closed. */
export async function ask(port: number, request: string): Promise<string> {
  const client = new RawClient(port).send(request);
  const answer = await client.untilClosed();
  return answer;
}

/** Splits an answer's bytes into status line, fields and body. */
export function partsOf(answer: string): { status: string; fields: string[]; body: string } {
  const end = answer.indexOf("\r\n\r\n");
  const [status = "", ...fields] = answer.slice(0, end).split("\r\n");
  return { status, fields, body: answer.slice(end + 4) };
}

/** A script that answers each complete head with `answer`, and ignores bodies. */
export function answering(answer: string): OriginScript {
  return (socket, received) => {
    if (received.endsWith("\r\n\r\n")) socket.write(answer, "latin1");
  };
}
