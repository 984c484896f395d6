/**
 * Which of the two sides answers: the session monolith (`legacy`) or a token-based service (`modern`).
 * There may be many modern upstreams; there is one legacy.
 */
export type Side = "legacy" | "modern";

/** The name of the one upstream that speaks sessions. Every other upstream speaks tokens. */
export const LEGACY = "legacy";

/** The side that an upstream stands on. */
export function sideOf(upstreamName: string): Side {
  return upstreamName === LEGACY ? "legacy" : "modern";
}
