import type { IncomingMessage } from "node:http";

/** How a request's body is framed, taken from what was received and never from the method (RFC 9112 §6.3). */
export interface RequestFraming {
  readonly kind: "none" | "length" | "chunked";
  /** The octets of the body; 0 unless `kind` is `length`. */
  readonly length: number;
  /** The value of `Trailer`, where trailers are announced. */
  readonly trailer: string | undefined;
  /** Whether the client waits for a 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

const NO_BODY: RequestFraming = { kind: "none", length: 0, trailer: undefined, expectsContinue: false };

/**
 * Reads the framing of a request that Node's parser has accepted (so the fields do not contradict each other). It looks at
 * `rawHeaders`: `headers` stops silently at `maxHeadersCount` fields.
 */
export function requestFraming(request: IncomingMessage): RequestFraming {
  const raw = request.rawHeaders;
  let length: number | undefined;
  let chunked = false;
  let trailer: string | undefined;
  let expectsContinue = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    // Told apart by length first; only these four lengths matter.
    if (name.length === 14 && name.toLowerCase() === "content-length") length = Number(raw[i + 1]);
    else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") chunked = true;
    else if (name.length === 7 && name.toLowerCase() === "trailer") trailer = raw[i + 1];
    // RFC 9110 §10.1.1: an expectation in an HTTP/1.0 request is ignored.
    else if (name.length === 6 && request.httpVersionMinor === 1 && name.toLowerCase() === "expect") {
      expectsContinue = raw[i + 1]?.toLowerCase() === "100-continue";
    }
  }
  if (chunked) return { kind: "chunked", length: 0, trailer, expectsContinue };
  if (length !== undefined) return { kind: "length", length, trailer: undefined, expectsContinue };
  return expectsContinue ? { ...NO_BODY, expectsContinue } : NO_BODY;
}
