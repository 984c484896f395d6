import cluster, { type Worker } from "node:cluster";
import type { Answers, FromWorker, Question, ToWorker } from "./messages.ts";
import { isFromWorker } from "./messages.ts";
import { rescueConnections } from "./rescue-connections.ts";
import { createRestartPolicy } from "./restart-policy.ts";

/** What a place needs of its pool. */
export interface PlaceEvents {
  isAnyoneListening(): boolean;
  onListening(url: string): void;
  onReadiness(): void;
  onLive(events: Extract<FromWorker, { figway: "live" }>["events"]): void;
  /** A worker could not start, and said why. */
  onFailed(message: string, problems: readonly unknown[]): void;
  /** `next` is what will be done about it; undefined: nothing, figway is stopping. */
  onEnded(ended: EndedWorker): void;
}

export interface EndedWorker {
  readonly place: number;
  readonly workerId: number;
  readonly pid: number | undefined;
  readonly how: string;
  readonly livedMs: number;
  readonly next: ReturnType<ReturnType<typeof createRestartPolicy>["ended"]> | undefined;
}

/** One of the N places in which a worker runs; when it dies, another one takes its place. */
export class WorkerPlace {
  readonly number: number;
  readiness: { ready: boolean; reasons: readonly string[] };
  readonly #events: PlaceEvents;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #policy = createRestartPolicy();
  readonly #asked = new Map<number, (value: unknown) => void>();
  #worker: Worker | undefined;
  #startedAtMs = 0;
  #lastId = 0;
  #isListening = false;
  #isStopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(number: number, environment: Readonly<Record<string, string | undefined>>, events: PlaceEvents) {
    this.number = number;
    this.#environment = environment;
    this.#events = events;
    this.readiness = this.#notReady("is starting");
  }

  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  get workerId(): number | undefined {
    return this.#worker?.id;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  start(): void {
    this.#startedAtMs = performance.now();
    const worker = cluster.fork(this.#environment);
    this.#worker = worker;
    rescueConnections(worker, this.#events.isAnyoneListening);
    // Told by `exit`; without a listener an answer to a worker that has just died would end the primary.
    worker.on("error", () => undefined);
    worker.on("message", (message: unknown) => this.#receive(message));
    worker.on("exit", (code, signal) => this.#ended(worker, signal ?? `exit code ${code}`));
  }

  tell(message: ToWorker): void {
    if (this.#worker?.isConnected() === true) this.#worker.send(message, () => undefined);
  }

  /** undefined: it is not there (any more), or has not answered in time. */
  ask<A extends Question["about"]>(
    question: Extract<Question, { about: A }>,
    timeoutMs: number,
  ): Promise<Answers[A] | undefined> {
    if (!this.#isListening) return Promise.resolve(undefined);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const settle = (value: unknown): void => {
        clearTimeout(timer);
        this.#asked.delete(id);
        resolve(value as Answers[A] | undefined);
      };
      const timer = setTimeout(settle, timeoutMs, undefined);
      this.#asked.set(id, settle);
      this.tell({ figway: "ask", id, question });
    });
  }

  /** No worker is put in the place of this one any more. */
  stop(afterMs: number): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.readiness = this.#notReady("is stopping");
    this.tell({ figway: "stop", afterMs });
  }

  kill(): void {
    this.#worker?.process.kill("SIGKILL");
  }

  #receive(message: unknown): void {
    if (!isFromWorker(message)) return;
    switch (message.figway) {
      case "answer":
        this.#asked.get(message.id)?.(message.value);
        break;
      case "listening":
        this.#isListening = true;
        this.#events.onListening(message.url);
        break;
      case "readiness":
        if (this.#isStopping) break;
        this.readiness = { ready: message.ready, reasons: message.reasons };
        this.#events.onReadiness();
        break;
      case "live":
        this.#events.onLive(message.events);
        break;
      case "failed":
        this.#events.onFailed(message.message, message.problems);
    }
  }

  #ended(worker: Worker, how: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#isListening = false;
    this.readiness = this.#notReady("ended and is being replaced");
    for (const settle of this.#asked.values()) settle(undefined);
    const livedMs = Math.round(performance.now() - this.#startedAtMs);
    const next = this.#isStopping ? undefined : this.#policy.ended(livedMs);
    if (next?.kind === "restart") this.#timer = setTimeout(() => this.start(), next.afterMs);
    this.#events.onEnded({
      place: this.number,
      workerId: worker.id,
      pid: worker.process.pid,
      how,
      livedMs,
      next,
    });
  }

  #notReady(what: string): { ready: false; reasons: readonly string[] } {
    return { ready: false, reasons: [`worker ${this.number} ${what}`] };
  }
}
