import { afterEach, expect, it } from "vitest";
import { upstreamSchema } from "../../src/config/schema/upstreams.ts";
import type { Outbound } from "../../src/model/outbound.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import type { ClientBound, ClientRequest } from "../../src/transport/client-request.ts";
import type { ClientSide } from "../../src/transport/client-side.ts";
import { forward } from "../../src/transport/forward.ts";
import { readRequestFacts } from "../../src/transport/request-facts.ts";
import { createUpstream, type Upstream } from "../../src/transport/upstream.ts";
import { type RawOrigin, startPlainOrigin } from "../contracts/upstream-rig.ts";

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A client that has not taken the end of its answer yet: no kernel buffers decide how far it has got. */
class SlowClient implements ClientSide {
  started = false;
  gone = false;
  sent = false;
  gatheredBytes = 0;
  text = "";
  drained: (() => void) | undefined;
  takes = true;
  gatherUpTo(): void {}
  information(): void {}
  head(): void {}
  closeAfter(): void {}
  cut(): void {
    this.gone = true;
  }
  body(bytes: Buffer, start: number, end: number): void {
    this.text += bytes.toString("latin1", start, end);
  }
  flush(): boolean {
    this.started = true;
    return this.takes;
  }
  end(): void {
    this.started = true;
  }
  onDrain(listener: () => void): void {
    this.drained = listener;
  }
  onSent(): void {}
}

class Get {
  readonly method = "GET";
  readonly facts = readRequestFacts(["Host", "a"], 1);
  bound: ClientBound | undefined;
  watch(bound: ClientBound | undefined): void {
    this.bound = bound;
  }
  discardBody(): void {}
}

interface Asked {
  readonly client: SlowClient;
  readonly request: Get;
  readonly outcome: Promise<Outcome>;
}

function ask(target: string, upstream: Upstream): Asked {
  const client = new SlowClient();
  const request = new Get();
  const outbound: Outbound = {
    side: "legacy",
    upstream: "legacy",
    method: "GET",
    target,
    headers: ["Host", "a"],
    translateAnswer: (_status, headers) => headers,
    answerEnded: undefined,
    holdAnswer: undefined,
    limits: { totalTimeoutMs: undefined, maxBodyBytes: undefined },
  };
  const outcome = forward({ request: request as unknown as ClientRequest, client, outbound, upstream });
  return { client, request, outcome };
}

async function start(idleTimeoutMs: number): Promise<{ origin: RawOrigin; upstream: Upstream }> {
  const origin = await startPlainOrigin((socket, received) => {
    if (!received.includes("GET /second")) {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nwhole body");
      return;
    }
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    // As long as it moves, the second answer misses no deadline.
    const timer = setInterval(() => socket.write("x"), 10);
    stops.push(() => clearInterval(timer));
  });
  const config = upstreamSchema.parse({ url: origin.url, maxConnections: 1, idleTimeoutMs });
  const upstream = createUpstream({ name: "legacy", config });
  stops.push(() => upstream.pool.destroy(), origin.close);
  return { origin, upstream };
}

it.each(["leaves", "takes nothing for too long"])(
  "spares the upstream connection when a client that has yet to take the end of its answer %s",
  async (how) => {
    const { origin, upstream } = await start(how === "leaves" ? 10_000 : 250);
    const first = ask("/first", upstream);
    await expect.poll(() => upstream.pool.counts).toMatchObject({ open: 1, idle: 1 });
    const second = ask("/second", upstream);
    await expect.poll(() => second.client.text).not.toBe("");
    if (how === "leaves") first.request.bound?.onClientClosed();
    expect(await first.outcome).toMatchObject({ kind: "failed", failure: { party: "client" } });
    const { length } = second.client.text;
    await expect.poll(() => second.client.text.length).toBeGreaterThan(length + 3);
    expect(origin.sockets.length).toBe(1);
    second.request.bound?.onClientClosed();
  },
);
