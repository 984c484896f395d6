/** The origin's two faces: what a proxy takes for legacy, and for modern. */
export interface OriginPorts {
  readonly legacy: number;
  readonly modern: number;
}

/** Asks for the head of the last request that each face got. */
export interface LastHeadsRequest {
  readonly kind: "last-heads";
}

export interface LastHeads {
  readonly legacy: string;
  readonly modern: string;
}

/** What every answer of the origin holds as `X-Side`, and the octets of the whole answer. */
export const ANSWER_OCTETS = 330;
