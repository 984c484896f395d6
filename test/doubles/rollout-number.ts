/**
 * The number from 1 to 100 that Unleash compares with a percentage: murmur3 (x86, 32 bits, seed 0) of `group:id`, modulo 100,
 * plus 1 (Unleash client specification). Written anew here so that the tests do not ask the code under test.
 */
export function rolloutNumber(groupId: string, id: string): number {
  return (murmur3(new TextEncoder().encode(`${groupId}:${id}`)) % 100) + 1;
}

function murmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tail = bytes.length & ~3;
  let hash = 0;
  for (let i = 0; i < tail; i += 4) {
    hash ^= scramble(view.getUint32(i, true));
    hash = (Math.imul(rotateLeft(hash, 13), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = bytes.length - 1; i >= tail; i--) rest = (rest << 8) | (bytes[i] as number);
  if (tail !== bytes.length) hash ^= scramble(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  return Math.imul(rotateLeft(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
