/** After the time is up: how often the event loop still reads what lies in its sockets before nobody waits any more. */
const GRACE_TURNS = 3;

/**
 * The promise, or a rejection where it did not settle in time. A process that was itself held up (a long collection of garbage, a
 * throttled CPU) finds its timers due before it has read the answer that came long ago; so it reads first, and then judges.
 */
export function withinTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (turnsLeft: number): void => {
      if (turnsLeft > 0) setImmediate(giveUp, turnsLeft - 1);
      else reject(new Error(`redis gave no answer within ${timeoutMs} ms`));
    };
    const timer = setTimeout(giveUp, timeoutMs, GRACE_TURNS);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
