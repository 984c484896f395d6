import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Field, type Message, readMessage, valueOf, valuesOf } from "./read-messages.ts";

/** One request as the origin's own strict reading sees it. */
export interface OriginRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly connection: OriginConnection;
  /** Grows while the body arrives. */
  message(): Message;
  field(name: string): string | undefined;
  fields(name: string): string[];
  /** Waits until the body is complete; false: it never was. */
  whole(timeoutMs?: number): Promise<boolean>;
}

/** One connection from the proxy. */
export interface OriginConnection {
  readonly number: number;
  readonly socket: Socket;
  received(): string;
  state(): "open" | "ended" | "reset" | "closed";
  write(octets: string | Buffer): void;
  end(octets?: string): void;
  reset(): void;
  until(holds: () => boolean, timeoutMs?: number): Promise<boolean>;
}

/** What the origin does with a request: octets to send once it is whole, or a function called when its head has come. */
export type OriginBehaviour = string | ((request: OriginRequest, connection: OriginConnection) => unknown);

export interface RawOrigin {
  readonly port: number;
  /** Since the last `behave`. */
  readonly requests: readonly OriginRequest[];
  /** Octets that are no HTTP/1 request, since the last `behave`. */
  readonly garbage: readonly string[];
  openConnections(): number;
  /** Begins a new case: forgets what was seen, and closes connections that are within a message. */
  behave(behaviour: OriginBehaviour): void;
  until(holds: () => boolean, timeoutMs?: number): Promise<boolean>;
  stop(): Promise<void>;
}

export async function startRawOrigin(port = 0): Promise<RawOrigin> {
  const origin = new Origin();
  await new Promise<void>((resolve) => origin.server.listen(port, "127.0.0.1", resolve));
  return origin;
}

class Origin implements RawOrigin {
  readonly server: Server;
  requests: OriginRequest[] = [];
  garbage: string[] = [];
  readonly connections = new Set<Incoming>();
  readonly watchers = new Set<() => void>();
  behaviour: OriginBehaviour = "";
  #count = 0;

  constructor() {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new Incoming(socket, this, ++this.#count);
      this.connections.add(connection);
      socket.on("close", () => this.connections.delete(connection));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  openConnections(): number {
    return this.connections.size;
  }

  behave(behaviour: OriginBehaviour): void {
    for (const connection of this.connections) if (!connection.clean) connection.socket.destroy();
    this.requests = [];
    this.garbage = [];
    this.behaviour = behaviour;
  }

  wake(): void {
    for (const watcher of this.watchers) watcher();
  }

  until(holds: () => boolean, timeoutMs = 2_000): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (held: boolean): void => {
        this.watchers.delete(check);
        clearTimeout(timer);
        resolve(held);
      };
      const check = (): void => {
        if (holds()) finish(true);
      };
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.watchers.add(check);
      check();
    });
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

class Incoming implements OriginConnection {
  readonly number: number;
  readonly socket: Socket;
  readonly #origin: Origin;
  #text = "";
  #at = 0;
  #state: "open" | "ended" | "reset" | "closed" = "open";
  #open: { from: number; message: Message } | undefined;
  #raw = false;
  #answering = 0;

  constructor(socket: Socket, origin: Origin, number: number) {
    this.socket = socket;
    this.number = number;
    this.#origin = origin;
    socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("latin1");
      this.#read();
      origin.wake();
    });
    socket.on("end", () => {
      if (this.#state === "open") this.#state = "ended";
      if (this.clean) socket.end();
      origin.wake();
    });
    socket.on("error", () => {
      this.#state = "reset";
      origin.wake();
    });
    socket.on("close", () => {
      if (this.#state !== "reset") this.#state = "closed";
      origin.wake();
    });
  }

  /** Between two messages, so that a proxy may reuse the connection. */
  get clean(): boolean {
    return this.#open === undefined && this.#answering === 0 && !this.#raw && this.#at === this.#text.length;
  }

  received(): string {
    return this.#text;
  }

  state(): "open" | "ended" | "reset" | "closed" {
    return this.#state;
  }

  write(octets: string | Buffer): void {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    this.socket.write(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets);
  }

  end(octets?: string): void {
    if (octets !== undefined) this.write(octets);
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  until(holds: () => boolean, timeoutMs?: number): Promise<boolean> {
    return this.#origin.until(holds, timeoutMs);
  }

  #read(): void {
    while (!this.#raw && this.#at < this.#text.length) {
      const read = readMessage(this.#text, this.#open?.from ?? this.#at, "request");
      if (read === undefined) return;
      if (typeof read === "string") {
        this.#raw = true;
        this.#origin.garbage.push(`${read}: ${JSON.stringify(this.#text.slice(this.#at, this.#at + 200))}`);
        return;
      }
      const { message } = read;
      const started = this.#open !== undefined;
      this.#open = { from: this.#open?.from ?? this.#at, message };
      if (!started) this.#begin();
      else this.#current.message = message;
      if (!message.complete) return;
      this.#open = undefined;
      this.#at = read.end;
    }
  }

  #current: { message: Message } = { message: undefined as unknown as Message };

  #begin(): void {
    const { message } = this.#open as { message: Message };
    const match = /^(\S+) (\S+) (HTTP\/1\.[01])$/.exec(message.startLine);
    if (match === null) {
      this.#raw = true;
      this.#origin.garbage.push(`no request line: ${JSON.stringify(message.startLine)}`);
      return;
    }
    const current = { message };
    this.#current = current;
    const request = makeRequest(match, this, () => current.message);
    this.#origin.requests.push(request);
    if (/^websocket$/i.test(request.field("upgrade") ?? "")) this.#raw = true;
    void this.#answer(request);
  }

  async #answer(request: OriginRequest): Promise<void> {
    const { behaviour } = this.#origin;
    this.#answering += 1;
    if (typeof behaviour === "function") await behaviour(request, this);
    else if (await request.whole()) this.write(behaviour);
    this.#answering -= 1;
  }
}

function makeRequest(match: RegExpExecArray, connection: OriginConnection, message: () => Message): OriginRequest {
  const [, method = "", target = "", version = ""] = match;
  const fields = (): readonly Field[] => message().fields;
  return {
    method,
    target,
    version,
    connection,
    message,
    field: (name) => valueOf(fields(), name),
    fields: (name) => valuesOf(fields(), name),
    whole: (timeoutMs) => connection.until(() => message().complete, timeoutMs),
  };
}
