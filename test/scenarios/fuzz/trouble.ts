import { setTimeout as sleep } from "node:timers/promises";
import type { Rig } from "../traps/rig/start-rig.ts";
import type { Random } from "./random.ts";

/** How long after a fault was mended its effects may still be felt. */
const AFTERMATH_MS = 2_000;
const SEASON_MS = 4_000;
/** A store, or a machine, that takes longer over a PING may take longer over a session than figway waits for it (250 ms). */
const STANDSTILL_MS = 80;
const LOOK_MS = 20;

interface Span {
  readonly fromMs: number;
  toMs: number;
}

/** What goes wrong around the gateway, and when: only then may an answer be 503, or a connection be cut. */
export class Trouble {
  readonly #rig: Rig;
  readonly #random: Random;
  readonly #onSessionsLost: () => void;
  readonly #faults: Span[] = [];
  readonly #restarts: Span[] = [];
  #lookedAtMs = Number.POSITIVE_INFINITY;
  #reloads = 0;
  readonly counts: Record<string, number> = {};

  constructor(rig: Rig, random: Random, onSessionsLost: () => void) {
    this.#rig = rig;
    this.#random = random;
    this.#onSessionsLost = onSessionsLost;
  }

  /** Whether the store could not be read, or figway was starting, at some time within the span or just before it. */
  excusesUnavailable(fromMs: number, toMs: number): boolean {
    const standsStill = toMs - this.#lookedAtMs > LOOK_MS + STANDSTILL_MS;
    const spans = [...this.#faults, ...this.#restarts];
    return standsStill || overlaps(spans, fromMs - AFTERMATH_MS, toMs);
  }

  excusesCut(fromMs: number, toMs: number): boolean {
    return overlaps(this.#restarts, fromMs - 50, toMs);
  }

  /** Whether figway has been the same process with a readable store for all the time since. */
  isQuietSince(fromMs: number): boolean {
    const nowMs = performance.now();
    return !this.excusesUnavailable(fromMs, nowMs) && !overlaps(this.#restarts, fromMs, nowMs);
  }

  async makeUntil(endMs: number): Promise<void> {
    await Promise.all([this.#makeTrouble(endMs), this.#lookForStandstills(endMs)]);
  }

  /** Trouble that nobody made: the store or this process did not get its turn for a while, on a busy machine. */
  async #lookForStandstills(endMs: number): Promise<void> {
    while (performance.now() < endMs) {
      const fromMs = performance.now();
      this.#lookedAtMs = fromMs;
      await sleep(LOOK_MS);
      await this.#rig.store.ping();
      const toMs = performance.now();
      if (toMs - fromMs <= LOOK_MS + STANDSTILL_MS) continue;
      this.#faults.push({ fromMs, toMs });
      this.counts["standstill"] = (this.counts["standstill"] ?? 0) + 1;
    }
    this.#lookedAtMs = Number.POSITIVE_INFINITY;
  }

  async #makeTrouble(endMs: number): Promise<void> {
    while (performance.now() < endMs) {
      await sleep(20 + this.#random.below(120));
      // In calm seasons nothing is excused.
      const isCalm = Math.floor(performance.now() / SEASON_MS) % 2 === 0;
      const kind = this.#random.pick(isCalm ? CALM_KINDS : KINDS);
      this.counts[kind] = (this.counts[kind] ?? 0) + 1;
      await this.#make(kind);
    }
  }

  async #make(kind: (typeof KINDS)[number]): Promise<void> {
    const random = this.#random;
    switch (kind) {
      case "flip":
        return this.#rig.flip(
          random.pick(["me-modern", "split-modern", "events-modern"]),
          random.pick([true, false, { percent: 50 }, { percent: 10 }]),
        );
      case "reload":
        return this.#rig.reconfigure(({ routes }) => {
          (routes[0] as Record<string, unknown>)["timeoutMs"] = 10_000 + ++this.#reloads;
        });
      case "reload-identity":
        return this.#during(this.#faults, () =>
          this.#rig.reconfigure(({ identity }) => {
            identity.session["commandTimeoutMs"] = identity.session["commandTimeoutMs"] === 250 ? 249 : 250;
          }),
        );
      case "fault":
        return this.#during(this.#faults, () => this.#spoilStore());
      case "restart":
        return this.#during(this.#restarts, () => this.#rig.restartGateway());
      case "flush":
        this.#onSessionsLost();
        await this.#rig.store.flushall();
        return;
    }
  }

  async #spoilStore(): Promise<void> {
    const { storeFaults } = this.#rig;
    switch (this.#random.pick(["cut", "late", "too late", "half open", "black hole", "refused"])) {
      case "cut":
        storeFaults.cut();
        break;
      case "late":
        storeFaults.delayAnswers(60);
        break;
      case "too late":
        storeFaults.delayAnswers(400);
        break;
      case "half open":
        storeFaults.blackhole("open");
        break;
      case "black hole":
        storeFaults.blackhole();
        break;
      case "refused":
        await storeFaults.refuse();
    }
    await sleep(50 + this.#random.below(700));
    await storeFaults.mend();
    if (this.#random.chance(0.5)) storeFaults.cut();
  }

  async #during(spans: Span[], trouble: () => Promise<void>): Promise<void> {
    const span: Span = { fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY };
    spans.push(span);
    await trouble();
    span.toMs = performance.now();
  }
}

const CALM_KINDS = ["flip", "flip", "flip", "flip", "reload", "flush"] as const;
const KINDS = [...CALM_KINDS, "reload-identity", "fault", "fault", "fault", "restart"] as const;

function overlaps(spans: readonly Span[], fromMs: number, toMs: number): boolean {
  return spans.some((span) => span.fromMs <= toMs && span.toMs >= fromMs);
}
