import cluster from "node:cluster";
import type { LiveEvent } from "../telemetry/live-feed.ts";
import type { Answers, Question, ToWorker } from "./messages.ts";
import { type EndedWorker, WorkerPlace } from "./worker-place.ts";

export interface WorkerPoolOptions {
  readonly count: number;
  /** The program that a worker runs, and its arguments. */
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onLive: (events: readonly LiveEvent[]) => void;
  readonly onEnded: (ended: EndedWorker) => void;
}

/** A worker said why it cannot start. */
export class WorkerStartError extends Error {
  override readonly name = "WorkerStartError";
  readonly problems: readonly unknown[];

  constructor(message: string, problems: readonly unknown[]) {
    super(message);
    this.problems = problems;
  }
}

/** How long a worker may take to say something, in milliseconds. */
const ANSWER_MS = 1_000;

/**
 * N processes behind one listening socket, which the primary holds and whose connections it hands out in turn (SCHED_RR). Not
 * SO_REUSEPORT: there each worker has a queue of its own, whose connections die with it, and the kernel deals by hash, which is uneven
 * for the few long connections of a balancer.
 */
export class WorkerPool {
  /** Resolves with a sentence when a place cannot be filled any more. */
  readonly gaveUp: Promise<string>;
  readonly #places: readonly WorkerPlace[];
  readonly #giveUp: (sentence: string) => void;
  #watching = false;
  #exited: () => void = () => undefined;
  #url = "";
  #failure: WorkerStartError | undefined;
  #changed: () => void = () => undefined;

  constructor(options: WorkerPoolOptions) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.gaveUp = promise;
    this.#giveUp = resolve;
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ exec: options.program, args: [...options.args] });
    const environment = { ...options.environment, FIGWAY_WORKER_COUNT: String(options.count) };
    this.#places = Array.from(
      { length: options.count },
      (_, i) =>
        new WorkerPlace(i + 1, environment, {
          isAnyoneListening: () => this.#places.some((place) => place.isListening),
          onListening: (url) => this.#listening(url),
          onReadiness: () => this.#changed(),
          onLive: options.onLive,
          onFailed: (message, problems) => {
            this.#failure = new WorkerStartError(message, problems);
          },
          onEnded: (ended) => this.#ended(ended, options),
        }),
    );
  }

  /** The address that the workers listen on. */
  get url(): string {
    return this.#url;
  }

  /** Resolves when all listen and have said whether they are ready; rejects when one could not start, with why. */
  async start(): Promise<void> {
    for (const place of this.#places) place.start();
    while (!this.#places.every((place) => place.isListening)) {
      await new Promise<void>((resolve) => (this.#changed = resolve));
      if (this.#failure !== undefined) throw this.#failure;
    }
  }

  readiness(): { ready: boolean; reasons: string[] } {
    const reasons = this.#places.flatMap((place) => place.readiness.reasons);
    return { ready: this.#places.every((place) => place.readiness.ready), reasons };
  }

  list(): { worker: number; pid: number | undefined; ready: boolean }[] {
    return this.#places.map(({ number, pid, readiness }) => ({ worker: number, pid, ready: readiness.ready }));
  }

  /** By worker id, without those that gave no answer within a second. */
  async askAll<A extends Question["about"]>(
    question: Extract<Question, { about: A }>,
  ): Promise<Map<number, Answers[A]>> {
    const answers = new Map<number, Answers[A]>();
    await Promise.all(
      this.#places.map(async (place) => {
        const { workerId } = place;
        const answer = await place.ask<A>(question, ANSWER_MS);
        if (answer !== undefined && workerId !== undefined) answers.set(workerId, answer);
      }),
    );
    return answers;
  }

  /** Whether exchanges are to be told of, by these workers and their successors. */
  watch(on: boolean): void {
    this.#watching = on;
    this.#tellAll({ figway: "watch", on });
  }

  /** Resolves when all workers have ended; those that have not by the deadline are killed. */
  async stop(options: { afterMs: number; deadlineMs: number }): Promise<void> {
    for (const place of this.#places) place.stop(options.afterMs);
    const overdue = setTimeout(() => {
      for (const place of this.#places) place.kill();
    }, options.deadlineMs);
    while (this.#places.some(({ pid }) => pid !== undefined)) {
      await new Promise<void>((resolve) => (this.#exited = resolve));
    }
    clearTimeout(overdue);
  }

  #tellAll(message: ToWorker): void {
    for (const place of this.#places) place.tell(message);
  }

  #listening(url: string): void {
    this.#url = url;
    if (this.#watching) this.#tellAll({ figway: "watch", on: true });
    this.#changed();
  }

  #ended(ended: EndedWorker, options: WorkerPoolOptions): void {
    options.onEnded(ended);
    this.#exited();
    this.#changed();
    if (ended.next?.kind !== "give-up") return;
    this.#giveUp(
      `Worker ${ended.place} ended again and again soon after its start, the last time with ${ended.how}: figway gives up. The log says what its workers said last.`,
    );
  }
}
