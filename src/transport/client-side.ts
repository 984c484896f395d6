import { STATUS_CODES } from "node:http";
import type { RawHeaders } from "../model/raw-headers.ts";
import type { AnswerFraming } from "./http1/answer-framing.ts";

/** The client's end of an exchange: where the answer is written, whatever protocol the client speaks. */
export interface ClientSide {
  /** Whether a byte of the final answer may have gone out. */
  readonly started: boolean;
  /** Whether nothing can reach the client any more. */
  readonly gone: boolean;
  information(status: number, headers: RawHeaders): void;
  /** Goes out with the next `flush` or `end`; replaces what was not sent yet. Throws where a field cannot be written. */
  head(status: number, statusText: string, headers: RawHeaders, framing: AnswerFraming): void;
  /** How much was taken and not sent yet, in octets. */
  readonly gatheredBytes: number;
  /** From now on octets are gathered up to this many, whatever the size of their parts. */
  gatherUpTo(bytes: number): void;
  /** Takes `bytes[start, end)`, which is lent for the call, into what `flush` or `end` sends. */
  body(bytes: Buffer, start: number, end: number): void;
  /** Sends what was gathered. Returns false when the writer should wait for `onDrain`. */
  flush(): boolean;
  end(trailers: RawHeaders): void;
  /** The connection ends with this answer, where the protocol has one answer after another. Before the head is sent. */
  closeAfter(): void;
  /** Cuts the connection, so that what was sent cannot be taken for a whole answer. */
  cut(): void;
  onDrain(listener: () => void): void;
  /** Whether everything written was handed to the system. */
  readonly sent: boolean;
  /** Calls back once everything was handed to the system. */
  onSent(listener: () => void): void;
}

/** An answer of figway's own, whole. The fields give the length of the text where it has one. */
export function sendAnswer(client: ClientSide, status: number, headers: RawHeaders, text = ""): void {
  client.head(status, STATUS_CODES[status] ?? "", headers, { kind: "none" });
  if (text !== "") {
    const bytes = Buffer.from(text);
    client.body(bytes, 0, bytes.length);
  }
  client.end([]);
}

/** An interim answer is a hint (RFC 8297 §2): it neither sets nor clears what belongs to the final one, which is looked at more closely. */
export function withoutState(headers: RawHeaders): string[] {
  return headers.filter((_, i) => !/^(?:set-cookie|clear-site-data)$/i.test(headers[i - (i % 2)] as string));
}
