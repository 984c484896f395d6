/** As large as the largest read of a socket. */
const BUFFER_BYTES = 65_536;
/** What is kept for the next download; beyond it buffers are left to the collector. */
const MAX_KEPT = 64;

const kept: Buffer[] = [];

/**
 * Copies `bytes[start, end)` into a buffer that is used again: a download would otherwise allocate all of its octets
 * once more, and memory would grow until the collector gets to it. `release` must be called when the copy has been written.
 */
export function copyToLent(bytes: Buffer, start: number, end: number): { copy: Buffer; release: () => void } {
  if (end - start > BUFFER_BYTES) return { copy: Buffer.from(bytes.subarray(start, end)), release: () => undefined };
  const buffer = kept.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const length = bytes.copy(buffer, 0, start, end);
  return {
    copy: length === BUFFER_BYTES ? buffer : buffer.subarray(0, length),
    release: () => {
      if (kept.length < MAX_KEPT) kept.push(buffer);
    },
  };
}
