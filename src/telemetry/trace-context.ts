import { randomFillSync } from "node:crypto";

/**
 * The `traceparent` of an exchange (W3C Trace Context §3.2): version 00, 16 octets of trace id, 8 of parent id, flags.
 */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The field sent upstream: the client's trace is continued under a parent id of our own, and where there is none or an
 * invalid one a trace begins, sampled. A future version is read as ours would be (§2.2 lets a receiver restart).
 */
export function continueTrace(received: string | undefined, randomHex: (octets: number) => string): string {
  if (received !== undefined && TRACEPARENT.test(received)) {
    return `${received.slice(0, 36)}${randomHex(8)}${received.slice(52)}`;
  }
  return `00-${randomHex(16)}-${randomHex(8)}-01`;
}

const POOL_OCTETS = 8_192;

/** Random lower-case hex from a pool: the kernel is asked once per some hundred ids, not once per id. */
export function createRandomHex(): (octets: number) => string {
  const pool = Buffer.allocUnsafe(POOL_OCTETS);
  let offset = POOL_OCTETS;
  return function randomHex(octets: number): string {
    if (offset + octets > POOL_OCTETS) {
      randomFillSync(pool);
      offset = 0;
    }
    const hex = pool.toString("hex", offset, offset + octets);
    offset += octets;
    return hex;
  };
}
