/** How a request's body is framed (RFC 9112 §6.3). */
export interface RequestFraming {
  readonly kind: "none" | "length" | "chunked";
  /** The octets of the body; 0 unless `kind` is `length`. */
  readonly length: number;
  /** The value of `Trailer`, where trailers are announced. */
  readonly trailer: string | undefined;
  /** Whether the client waits for a 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

/** Whether octets follow the head. */
export function hasBody({ kind, length }: RequestFraming): boolean {
  return kind === "chunked" || length > 0;
}
