import { basename } from "node:path";
import { type Assembled, type AssemblyServices, assembleSnapshot } from "./assemble-snapshot.ts";
import type { LoadResult } from "./config/load-config.ts";
import { watchConfig } from "./config/watch-config.ts";
import type { Problem } from "./model/problem.ts";
import { StartError } from "./start-error.ts";
import type { AuditTrail } from "./telemetry/audit.ts";
import { describeError, type Log } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics.ts";

/** How long a retired part may still be used by exchanges that began with it, in milliseconds. */
const RETIREMENT_MS = 10_000;

export interface Reloads {
  current(): Assembled;
  readonly loadedAt: string;
  /** What was wrong with the last reload; empty when it was taken. */
  lastProblems(): readonly Problem[];
  close(): void;
  closePieces(): Promise<void>;
}

export interface ReloadOptions {
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly first: Extract<LoadResult, { ok: true }>;
  readonly assembly: AssemblyServices;
  readonly audit: AuditTrail;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The current snapshot, replaced whole when the file changes for the better; a bad file is reported and changes nothing. */
export async function openReloads(options: ReloadOptions): Promise<Reloads> {
  const { file, environment, first, assembly, audit, metrics, log } = options;
  let assembled = await assembleFirst(options);
  let problems: readonly Problem[] = [];
  let loadedAt = new Date().toISOString();
  const retiring = new Set<{ close(): Promise<void> }>();
  const unsubscribe = new Map<object, () => void>();
  followFlags();
  recordUnsafeSettings();
  metrics.configLoaded(true);
  let reloading: Promise<void> = Promise.resolve();
  const watch = watchConfig({
    file,
    environment,
    digest: first.digest,
    onChange: (loaded) => void (reloading = reloading.then(() => reload(loaded))),
  });
  return {
    current: () => assembled,
    get loadedAt() {
      return loadedAt;
    },
    lastProblems: () => problems,
    close: () => watch.close(),
    async closePieces() {
      await reloading;
      for (const stop of unsubscribe.values()) stop();
      const { flags, resolver, upstreams, rateLimits } = assembled.pieces;
      const pieces = [...retiring, flags, resolver, ...upstreams.values()];
      await Promise.all([...pieces.map((piece) => piece.close()), rateLimits?.close()]);
    },
  };

  async function reload(loaded: LoadResult): Promise<void> {
    if (!loaded.ok) return reject(loaded.problems);
    const before = assembled.snapshot.digest;
    if (loaded.digest === before) {
      // A mistake was taken back: what is in force is what the file says again.
      problems = [];
      return;
    }
    try {
      assembled = await assembleSnapshot(loaded, assembly, assembled);
      problems = [];
      loadedAt = new Date().toISOString();
      metrics.configLoaded(true);
      for (const piece of assembled.retired) retire(piece);
      followFlags();
      recordUnsafeSettings();
      audit.record({
        actor: basename(file),
        action: "config-reloaded",
        target: basename(file),
        before,
        after: loaded.digest,
        why: undefined,
      });
    } catch (error) {
      reject([
        { path: "", message: describeError(error), remedy: "Mend it and save the file again.", severity: "error" },
      ]);
    }
  }

  function reject(found: readonly Problem[]): void {
    problems = found;
    metrics.configLoaded(false);
    const text = found.map(({ path, message }) => `${path === "" ? "" : `${path}: `}${message}`).join(" | ");
    log.error("the changed configuration was refused; the last good one stays in force", { file, problems: found });
    const before = assembled.snapshot.digest;
    audit.record({
      actor: basename(file),
      action: "config-refused",
      target: basename(file),
      before,
      after: before,
      why: text,
    });
  }

  /** A route without the CSRF check is somebody's decision, and stands in the trail at every load. */
  function recordUnsafeSettings(): void {
    for (const { id, acceptCrossSiteRequests } of assembled.snapshot.config.routes) {
      if (!acceptCrossSiteRequests) continue;
      const setting = { before: "checked", after: "acceptCrossSiteRequests", why: undefined };
      audit.record({ actor: basename(file), action: "unsafe-setting", target: id, ...setting });
    }
  }

  function retire(piece: { close(): Promise<void> }): void {
    retiring.add(piece);
    setTimeout(() => {
      retiring.delete(piece);
      piece
        .close()
        .catch((error: unknown) => log.warn("a retired part did not close", { cause: describeError(error) }));
    }, RETIREMENT_MS).unref();
  }

  /** Every flip leaves a record, whoever made it (law 8). */
  function followFlags(): void {
    const { flags } = assembled.pieces;
    if (unsubscribe.has(flags)) return;
    for (const stop of unsubscribe.values()) stop();
    unsubscribe.clear();
    const stop = flags.onChange((changes) => {
      for (const { flag, before, after } of changes) {
        const { actor, why } = options.assembly.flagActors.take(flag) ?? {
          actor: flags.status().source,
          why: undefined,
        };
        audit.record({ actor, action: "flag-changed", target: flag, before, after, why });
      }
    });
    unsubscribe.set(flags, stop);
  }
}

async function assembleFirst({ file, first, assembly }: ReloadOptions): Promise<Assembled> {
  try {
    return await assembleSnapshot(first, assembly, undefined);
  } catch (error) {
    const problems = (error as { problems?: readonly Problem[] }).problems ?? [];
    throw new StartError(
      problems.length > 0 ? `The flags that ${basename(file)} names have mistakes.` : describeError(error),
      { problems, cause: error },
    );
  }
}
