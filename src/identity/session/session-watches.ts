import type { Identity, UserIdentity } from "../../model/identity.ts";
import type { SessionRecord } from "./session-record.ts";

interface Watch {
  readonly record: SessionRecord;
  readonly subject: string;
  readonly ended: (now: Identity) => void;
}

/**
 * Sessions that something long-lived depends on (a WebSocket, an event stream): when one is no longer its user's, whoever depends on
 * it is told, once (TRAPS 31). "Unknown" tells nothing and is asked again.
 */
export class SessionWatches {
  readonly #read: (record: SessionRecord) => Promise<Identity>;
  readonly #isReported: () => boolean;
  readonly #nowMs: () => number;
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #toAskAgain = new Set<string>();
  readonly #intervalMs: number;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: {
    read: (record: SessionRecord) => Promise<Identity>;
    /** Whether changes are reported just now. */
    isReported: () => boolean;
    nowMs: () => number;
    /** How often sessions are looked at whose change nobody reports, and those that should have ended. */
    intervalMs: number;
  }) {
    this.#read = options.read;
    this.#isReported = options.isReported;
    this.#nowMs = options.nowMs;
    this.#intervalMs = options.intervalMs;
  }

  /** Returns what ends the watch. */
  add(record: SessionRecord, user: UserIdentity, ended: (now: Identity) => void): () => void {
    const { id } = record.name;
    const watch: Watch = { record, subject: user.subject, ended };
    const watches = this.#watches.get(id) ?? new Set();
    this.#watches.set(id, watches.add(watch));
    this.#sweep ??= setInterval(() => this.#sweepAll(), this.#intervalMs).unref();
    // It may have ended since its owner asked.
    this.changed(id);
    return () => this.#remove(watch);
  }

  changed(sessionId: string): void {
    const watches = this.#watches.get(sessionId);
    if (watches !== undefined) void this.#look(sessionId, [...watches]);
  }

  flush(): void {
    for (const id of this.#watches.keys()) this.#toAskAgain.add(id);
  }

  /** Nobody looks any more, so nobody may rely on it: whoever still watches is told that the session is unknown. */
  close(): void {
    clearInterval(this.#sweep);
    const open = [...this.#watches.values()].flatMap((watches) => [...watches]);
    this.#watches.clear();
    for (const { ended } of open)
      ended({ kind: "unknown", cause: "sessions are not read by this configuration any more" });
  }

  #sweepAll(): void {
    const reported = this.#isReported();
    const nowMs = this.#nowMs();
    for (const [id, watches] of this.#watches) {
      const [first] = watches;
      const due = !reported || this.#toAskAgain.has(id) || nowMs >= (first?.record.userUntilMs ?? 0);
      if (due) void this.#look(id, [...watches]);
    }
  }

  async #look(sessionId: string, watches: readonly Watch[]): Promise<void> {
    const [first] = watches;
    if (first === undefined) return;
    this.#toAskAgain.delete(sessionId);
    const identity = await this.#read(first.record);
    if (identity.kind === "unknown") {
      this.#toAskAgain.add(sessionId);
      return;
    }
    for (const watch of watches) {
      if (identity.kind === "user" && identity.subject === watch.subject) continue;
      if (this.#remove(watch)) watch.ended(identity);
    }
  }

  /** Whether the watch was still there. */
  #remove(watch: Watch): boolean {
    const { id } = watch.record.name;
    const watches = this.#watches.get(id);
    if (watches === undefined || !watches.delete(watch)) return false;
    if (watches.size === 0) this.#watches.delete(id);
    if (this.#watches.size === 0) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
    }
    return true;
  }
}
