import { isIPv6 } from "node:net";

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What of an address stands for one client. IPv6: the /64, since a single host may choose among all addresses of its network
 * (RFC 7721 §2, RFC 8981); anything else as it is.
 */
export function clientKey(address: string): string {
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const withoutZone = address.split("%", 1)[0] as string;
  return isIPv6(withoutZone) ? `${networkOf(withoutZone)}::/64` : address;
}

/** The first four of the eight groups, without leading zeros. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const groups = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":");
}

/** A dotted part at the end stands for two groups; which ones does not matter here. */
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => (group.includes(".") ? [0, 0] : [Number.parseInt(group, 16)]));
}
