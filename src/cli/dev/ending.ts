/** Why figway dev ends: asked to (exit code 0), or because something went wrong (one sentence, exit code 1). */
export interface Ending {
  readonly exitCode: 0 | 1;
  readonly sentence: string;
}

/** The first reason to end, whoever gives it; later ones change nothing. */
export interface EndingWatch {
  readonly ended: Promise<Ending>;
  end(ending: Ending): void;
  /** Lets the process be interrupted in the usual way again. */
  release(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const PARENT_CHECK_MS = 250;

/** Watches for Ctrl-C and its like, and for the death of the npm that started this process. */
export function watchForEnding(environment: Readonly<NodeJS.ProcessEnv>): EndingWatch {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  // A second Ctrl-C, or npm passing on the one that the terminal sent already, changes nothing: stopping takes 3 s at the most.
  const onSignal = () => resolve({ exitCode: 0, sentence: "Stopping." });
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const stopWatchingParent = watchParent(environment, () =>
    resolve({ exitCode: 1, sentence: "What started figway is gone; stopping." }),
  );
  return {
    ended: promise,
    end: resolve,
    release() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      stopWatchingParent();
    },
  };
}

/**
 * Only under npm (or bin/figway on another Node): a parent that ends without passing a signal on was killed. Elsewhere it is
 * usual for a parent to end, as a script does that starts figway in the background.
 */
function watchParent(environment: Readonly<NodeJS.ProcessEnv>, onDeath: () => void): () => void {
  if (environment["npm_lifecycle_event"] === undefined && environment["FIGWAY_PARENT_WATCH"] === undefined)
    return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) onDeath();
  }, PARENT_CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
