import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { listenSchema } from "../../../../src/config/schema/listen.ts";
import type { ClientRequest } from "../../../../src/transport/client-request.ts";
import { type ClientSide, sendAnswer } from "../../../../src/transport/client-side.ts";
import { Http1Connection } from "../../../../src/transport/inbound/http1/http1-connection.ts";
import { screenRequest } from "../../../../src/transport/inbound/screen-request.ts";

/** A request as a reader has understood it. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly minor: number;
  readonly headers: readonly string[];
  body: string;
  trailers: readonly string[];
  /** Whether all of its body came. */
  whole: boolean;
}

export interface Reading {
  readonly requests: ReadRequest[];
  /** Why nothing more is read: a refusal, or the connection was closed in good order; undefined: the reader would read on. */
  ended: string | undefined;
}

/** The server's end of a connection without a kernel between: what is pushed is read in just these pieces. */
class Wire extends Duplex {
  bytesRead = 0;
  bytesWritten = 0;
  written = "";
  remoteAddress = "127.0.0.1";

  constructor() {
    super({ allowHalfOpen: true, highWaterMark: 1 << 20 });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString("latin1");
    this.bytesWritten += chunk.length;
    done();
  }

  destroySoon(): void {
    this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  resetAndDestroy(): void {
    this.destroy();
  }

  async feed(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      this.bytesRead += piece.length;
      if (!this.destroyed) this.push(piece);
    }
    // No input or output is waited for: a few turns of the loop are enough for whatever follows.
    for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

const { limits, timeouts } = listenSchema.parse({});

/** Reads as figway does: its connection and its screening, each request answered when its body has come. */
export async function readWithFigway(pieces: readonly Buffer[]): Promise<Reading> {
  const reading: Reading = { requests: [], ended: undefined };
  const wire = new Wire();
  const onRequest = (request: ClientRequest, client: ClientSide): void => {
    const screened = screenRequest(request, limits);
    if (screened.kind === "refused") {
      reading.ended ??= String(screened.error.status);
      client.closeAfter();
      sendAnswer(client, screened.error.status, ["Content-Length", "0"]);
      return;
    }
    const read = begin(reading, request.method, request.target, request.httpVersionMinor, request.rawHeaders);
    const finish = (): void => {
      read.whole = true;
      read.trailers = request.rawTrailers;
      sendAnswer(client, 200, ["Content-Length", "0"]);
    };
    if (request.facts.framing.kind === "none") {
      finish();
      return;
    }
    request.readBody({
      onData: (bytes) => {
        read.body += bytes.toString("latin1");
      },
      onEnd: finish,
    });
  };
  const connection = new Http1Connection(wire as unknown as Socket, {
    limits,
    timeouts,
    draining: false,
    keepAliveFields: "",
    onRequest,
    onUpgrade: (_request, socket) => {
      reading.ended ??= "upgraded";
      socket.destroy();
    },
    onProtocolFailure: (failure) => {
      reading.ended ??= failure;
    },
  });
  await wire.feed(pieces);
  if (wire.writableEnded) reading.ended ??= "closed";
  connection.destroy();
  return reading;
}

/** Reads as Node's own server does, with llhttp in its strict mode. */
export async function readWithNode(pieces: readonly Buffer[]): Promise<Reading> {
  const reading: Reading = { requests: [], ended: undefined };
  const wire = new Wire();
  const settings = {
    requireHostHeader: false,
    insecureHTTPParser: false,
    maxHeaderSize: limits.maxHeaderBytes,
    keepAliveTimeout: 0,
    shouldUpgradeCallback: () => false,
  };
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const read = begin(
      reading,
      request.method as string,
      request.url as string,
      request.httpVersionMinor,
      request.rawHeaders,
    );
    request.on("data", (bytes: Buffer) => {
      read.body += bytes.toString("latin1");
    });
    request.on("error", () => undefined);
    request.on("end", () => {
      read.whole = true;
      read.trailers = request.rawTrailers;
      response.end();
    });
  };
  const server = createServer(settings, take);
  server.maxHeadersCount = 0;
  server.on("checkContinue", take);
  server.on("checkExpectation", take);
  server.on("connect", (_request, socket) => {
    reading.ended ??= "CONNECT";
    socket.destroy();
  });
  // Left open: what came before the broken message is still read to its end.
  server.on("clientError", (error: Error & { code?: string }) => {
    reading.ended ??= error.code ?? error.message;
  });
  server.emit("connection", wire);
  await wire.feed(pieces);
  if (wire.writableEnded) reading.ended ??= "closed";
  wire.destroy();
  return reading;
}

function begin(
  { requests }: Reading,
  method: string,
  target: string,
  minor: number,
  headers: readonly string[],
): ReadRequest {
  const read = { method, target, minor, headers, body: "", trailers: [], whole: false };
  requests.push(read);
  return read;
}
