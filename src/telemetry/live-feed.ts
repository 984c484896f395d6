import type { DecisionReason } from "../model/decision.ts";
import type { Side } from "../model/side.ts";

/** One settled exchange, as somebody who watches sees it. */
export interface SettledEvent {
  /** The request's id, as in the log. */
  readonly id: string;
  readonly method: string;
  /** Without the query, which may carry secrets. */
  readonly path: string;
  readonly status: number;
  readonly side: Side;
  readonly route: string;
  readonly reason: DecisionReason;
  readonly flag: string | undefined;
  readonly user: string | undefined;
  readonly durationMs: number;
}

export interface LiveEvent extends SettledEvent {
  /** When it was settled, in epoch milliseconds. */
  readonly atMs: number;
}

export interface LiveFeed {
  /** Tells the readers, soon. Undefined while there are none, so that nobody makes an event for nobody. */
  readonly publish: ((event: SettledEvent) => void) | undefined;
  /** Returns what ends the subscription. */
  subscribe(reader: LiveReader): () => void;
  readonly readerCount: number;
}

export interface LiveReader {
  /**
   * Takes the events since the last time, the oldest first; `missed`: how many came between that could not be kept. `busy`: the reader
   * takes nothing now and is asked again. One that throws is asked no more.
   */
  take(events: readonly LiveEvent[], missed: number): "taken" | "busy";
}

/** How many events are kept for readers that are behind. */
const KEPT_EVENTS = 200;

/** How long events are gathered before the readers are told, in milliseconds. */
const GATHER_MS = 100;

/**
 * The exchanges as they happen, for whoever watches. An exchange costs one store into a ring; a slow reader, or more events than
 * anyone can read, cost the reader events and the exchanges nothing (law 7).
 */
export function createLiveFeed(options: { nowMs: () => number; gatherMs?: number }): LiveFeed {
  const { nowMs, gatherMs = GATHER_MS } = options;
  const ring: LiveEvent[] = [];
  const nextOf = new Map<LiveReader, number>();
  let written = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    get publish() {
      return nextOf.size === 0 ? undefined : publish;
    },
    get readerCount() {
      return nextOf.size;
    },
    subscribe(reader) {
      // Starts with what other readers were told last.
      nextOf.set(reader, Math.max(0, written - ring.length));
      if (ring.length > 0) tellSoon();
      return () => forget(reader);
    },
  };

  function publish(event: SettledEvent): void {
    ring[written % KEPT_EVENTS] = { atMs: nowMs(), ...event };
    written++;
    tellSoon();
  }

  function tellSoon(): void {
    timer ??= setTimeout(tell, gatherMs).unref();
  }

  function tell(): void {
    timer = undefined;
    for (const [reader, next] of nextOf) {
      const first = Math.max(next, written - KEPT_EVENTS);
      if (first === written) continue;
      const events = Array.from({ length: written - first }, (_, i) => ring[(first + i) % KEPT_EVENTS] as LiveEvent);
      try {
        if (reader.take(events, first - next) === "taken") nextOf.set(reader, written);
        else tellSoon();
      } catch {
        forget(reader); // a reader of no use to itself must not end the others
      }
    }
  }

  function forget(reader: LiveReader): void {
    nextOf.delete(reader);
    if (nextOf.size > 0) return;
    // What happens while nobody looks is not recorded; old events would look as if nothing had happened since.
    clearTimeout(timer);
    timer = undefined;
    ring.length = 0;
    written = 0;
  }
}
