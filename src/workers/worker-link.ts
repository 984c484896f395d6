import type { LiveFeed, LiveReader } from "../telemetry/live-feed.ts";
import { type Answers, type FromWorker, isToWorker, type Question } from "./messages.ts";

export interface WorkerLinkOptions {
  readonly live: LiveFeed;
  readonly readiness: () => { readonly ready: boolean; readonly reasons: readonly string[] };
  readonly answer: (question: Question) => Promise<Answers[Question["about"]]>;
  readonly stop: (afterMs: number) => Promise<void>;
}

/** How often a worker looks whether it has become ready or not, in milliseconds. */
const LOOK_MS = 100;

export function tellPrimary(message: FromWorker, onSent?: () => void): void {
  // The primary may be gone; the worker then ends by itself.
  if (process.connected) process.send?.(message, undefined, undefined, () => onSent?.());
}

/** The worker's end of the line to its primary. Without a primary there is no port to listen on: then it stops. */
export function linkToPrimary(options: WorkerLinkOptions): { close(): void } {
  const { readiness, answer, stop } = options;
  let told = "";
  const tellReadiness = (): void => {
    const { ready, reasons } = readiness();
    const now = JSON.stringify({ ready, reasons });
    if (now !== told) tellPrimary({ figway: "readiness", ready, reasons });
    told = now;
  };
  const watch = watchFor(options.live);
  const timer = setInterval(tellReadiness, LOOK_MS).unref();
  process.on("message", (message: unknown) => {
    if (!isToWorker(message)) return;
    if (message.figway === "ask") {
      void answer(message.question).then((value) => tellPrimary({ figway: "answer", id: message.id, value }));
    } else if (message.figway === "watch") watch(message.on);
    else if (message.figway === "stop") void stop(message.afterMs);
  });
  process.once("disconnect", () => void stop(0));
  tellReadiness();
  return { close: () => clearInterval(timer) };
}

/** Passes exchanges on while somebody watches; one message at a time, so that a busy primary costs events and not memory. */
function watchFor(live: LiveFeed): (on: boolean) => void {
  let end: (() => void) | undefined;
  let isSending = false;
  const reader: LiveReader = {
    take(events) {
      if (isSending) return "busy";
      isSending = true;
      tellPrimary({ figway: "live", events }, () => (isSending = false));
      return "taken";
    },
  };
  return (on) => {
    if (on) end ??= live.subscribe(reader);
    else {
      end?.();
      end = undefined;
    }
  };
}
