import type { OutgoingHttpHeaders } from "node:http2";
import type { RawHeaders } from "../../../model/raw-headers.ts";

/** They belong to an HTTP/1 connection; with one of them an answer is malformed (RFC 9113 §8.2.2), and Node throws. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "te",
  "http2-settings",
]);

/** Answer fields as Node's HTTP/2 takes them: names in lower case, duplicates as a list. */
export function answerFields(headers: RawHeaders): OutgoingHttpHeaders {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    if (CONNECTION_FIELDS.has(name)) continue;
    const known = fields[name];
    if (known === undefined) fields[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else fields[name] = [known, value];
  }
  return fields;
}
