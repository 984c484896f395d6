import type { RawHeaders } from "../../../model/raw-headers.ts";
import { isFieldValue, knownToken } from "../../http1/octets.ts";

/** An HTTP/2 request's head as the HTTP/1.1 head that means the same (RFC 9113 §8.3.1), or why there is none. */
export type RequestHead =
  | { readonly kind: "ok"; readonly method: string; readonly target: string; readonly headers: RawHeaders }
  | { readonly kind: "refused"; readonly failure: Failure; readonly detail: string };

type Failure = "bad-request" | "bad-host" | "fields-too-large";

/** Meaningless in HTTP/2, and a message with them is malformed (RFC 9113 §8.2.2). `te` may only say `trailers`. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/**
 * Turns pseudo-header fields into a request line and Host, and joins what HTTP/2 splits. A body of unannounced length becomes a chunked
 * one. nghttp2 has by then refused most of what is malformed; what it would let through is refused here, never repaired.
 * `maxBytes` counts as in HTTP/1: nghttp2 holds nobody to the limit who does not acknowledge the settings that name it.
 */
export function readRequestHead(rawHeaders: RawHeaders, hasBody: boolean, maxBytes: number): RequestHead {
  const pseudo = new Map<string, string>();
  const headers: string[] = [];
  const crumbs: string[] = [];
  let host: string | undefined;
  let hasLength = false;
  if (octetsOf(rawHeaders) > maxBytes)
    return refused("fields-too-large", `the fields have more than ${maxBytes} octets`);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (!isFieldValue(value)) return refused("bad-request", "a field value holds a control character");
    if (name.startsWith(":")) pseudo.set(name, value);
    else if (knownToken(name) === "") return refused("bad-request", "a field name is no token");
    else if (name === "cookie") crumbs.push(value);
    else if (name === "host") {
      if (host !== undefined) return refused("bad-host", "there are several Host fields");
      host = value;
    } else if (CONNECTION_FIELDS.has(name) || (name === "te" && value.trim().toLowerCase() !== "trailers")) {
      return refused("bad-request", `the field ${name} is for HTTP/1 (RFC 9113 §8.2.2)`);
    } else {
      hasLength ||= name === "content-length";
      headers.push(name, value);
    }
  }
  const target = pseudo.get(":path") ?? "";
  // In HTTP/1 an absolute target names the host; here `:authority` does, and a second place for it would be one too many.
  if (target !== "" && !target.startsWith("/") && target !== "*") return refused("bad-request", ":path is no path");
  const authority = pseudo.get(":authority");
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    return refused("bad-host", ":authority and Host name different hosts (RFC 9113 §8.3.1)");
  }
  const named = authority ?? host;
  if (named !== undefined) headers.unshift("host", named);
  // RFC 9113 §8.2.3: before it leaves HTTP/2, one field.
  if (crumbs.length > 0) headers.push("cookie", crumbs.join("; "));
  if (hasBody && !hasLength) headers.push("transfer-encoding", "chunked");
  return { kind: "ok", method: pseudo.get(":method") ?? "", target, headers };
}

/** How long the fields would be in HTTP/1, with colon, space and line end. */
export function octetsOf(fields: RawHeaders): number {
  let octets = fields.length * 2;
  for (const text of fields) octets += text.length;
  return octets;
}

function refused(failure: Failure, detail: string): RequestHead {
  return { kind: "refused", failure, detail };
}
