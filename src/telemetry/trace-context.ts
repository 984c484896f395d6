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

/** An id keeps the text that it was cut from in memory: small enough for the ids of tunnels, which live for hours. */
const POOL_OCTETS = 4_096;

/** Random lower-case hex, cut from a longer text: the kernel is asked and hex is written once per hundred ids, not once per id. */
export function createRandomHex(): (octets: number) => string {
  const octetsOfPool = Buffer.alloc(POOL_OCTETS);
  let pool = "";
  let offset = 0;
  return function randomHex(octets: number): string {
    let end = offset + octets * 2;
    if (end > pool.length) {
      pool = randomFillSync(octetsOfPool).toString("hex");
      offset = 0;
      end = octets * 2;
    }
    const hex = pool.slice(offset, end);
    offset = end;
    return hex;
  };
}
