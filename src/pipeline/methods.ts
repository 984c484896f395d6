/** Methods that ask for nothing but an answer (RFC 9110 §9.2.1). TRACE is never forwarded. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a method is safe, so that it may be answered by the other side (law 4). */
export function isSafe(method: string): boolean {
  return SAFE.has(method);
}
