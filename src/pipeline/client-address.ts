import { BlockList, isIP } from "node:net";
import { fieldValues, type RawHeaders } from "../model/raw-headers.ts";

/**
 * The client's address: `X-Forwarded-For` read from its end (the nearest hop), trusted proxies taken off. The first address that
 * is not a trusted proxy is the client; everything in front of it was written by the client and proves nothing.
 */
export function clientAddressOf(
  headers: RawHeaders,
  peerAddress: string,
  trusts: (address: string) => boolean,
): string {
  const hops = fieldValues(headers, "x-forwarded-for").join(",").split(",");
  let client = peerAddress;
  for (let i = hops.length - 1; i >= 0; i -= 1) {
    const hop = withoutPort((hops[i] as string).trim());
    if (isIP(hop) === 0) return client;
    client = hop;
    if (!trusts(hop)) return client;
  }
  return client;
}

/** Some load balancers write `203.0.113.9:51234` or `[2001:db8::1]:443`. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  if (bracketed !== null) return bracketed[1] as string;
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop);
  return withPort === null ? hop : (withPort[1] as string);
}

/** Compiles addresses and CIDR ranges into a test that costs nothing when there are none. */
export function compileTrustedProxies(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => false;
  const list = new BlockList();
  for (const range of ranges) {
    const [address, prefix] = range.split("/") as [string, string | undefined];
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => {
    const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? "ipv6" : "ipv4");
  };
}
