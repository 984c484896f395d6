import type { ServerHttp2Stream } from "node:http2";
import type { RawHeaders } from "../../../model/raw-headers.ts";
import { answerFields } from "./answer-fields.ts";

/** As much of Node's `ServerResponse` as figway's own answers use, over an HTTP/2 stream. */
export class Http2Response {
  readonly stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream) {
    this.stream = stream;
  }

  get headersSent(): boolean {
    return this.stream.headersSent;
  }

  get destroyed(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  writeHead(status: number, fields: RawHeaders | Readonly<Record<string, string>> = []): void {
    const headers = Array.isArray(fields) ? (fields as RawHeaders) : Object.entries(fields).flat();
    this.stream.respond({ ...answerFields(headers), ":status": status });
  }

  end(text?: string): void {
    this.stream.end(text);
  }

  /** What was sent is not the whole answer. */
  destroy(): void {
    cutStream(this.stream);
  }
}

/** INTERNAL_ERROR (RFC 9113 §7): the answer breaks off here. */
const INTERNAL_ERROR = 2;

export function cutStream(stream: ServerHttp2Stream): void {
  if (!stream.closed) stream.close(INTERNAL_ERROR);
}
