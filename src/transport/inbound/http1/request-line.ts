import { knownToken } from "../../http1/octets.ts";
import type { ProtocolFailure } from "../protocol-answer.ts";

/** The first line of an HTTP/1 request (RFC 9112 §3). */
export interface RequestLine {
  readonly method: string;
  /** As it came; screening judges its octets. */
  readonly target: string;
  /** HTTP/1.`minor`. */
  readonly minor: 0 | 1;
}

/** Longer than any in the registry of methods. */
const MAX_METHOD_OCTETS = 64;
const VERSION_OCTETS = "HTTP/1.1".length;

/** A request line of another version; HTTP/0.9 names none. */
const OTHER_VERSION = /^[A-Z]+ [^ ]+(?: HTTP\/\d\.\d)?$/;

/** Reads a request line without its CRLF. One space between the parts and no other: whatever is laxer reads differently elsewhere. */
export function parseRequestLine(line: string): RequestLine | ProtocolFailure {
  const methodEnd = line.indexOf(" ");
  const versionAt = line.length - VERSION_OCTETS;
  const version = line.slice(versionAt);
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0")
    return OTHER_VERSION.test(line) ? "version-not-supported" : "bad-request";
  if (methodEnd < 1 || versionAt < methodEnd + 3 || line.charCodeAt(versionAt - 1) !== 0x20) return "bad-request";
  const method = line.slice(0, methodEnd);
  if (knownToken(method) === "") return "bad-request";
  // Methods are case-sensitive (RFC 9110 §9.1), but some servers take `get` for GET: figway must not see another one than they.
  if (methodEnd > MAX_METHOD_OCTETS || /[a-z]/.test(method)) return "not-implemented";
  return { method, target: line.slice(methodEnd + 1, versionAt - 1), minor: version === "HTTP/1.1" ? 1 : 0 };
}
