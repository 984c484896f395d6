import type { Side } from "./side.ts";

/** An operator's kill switch: this route goes to this side, whatever its flag says, until the override is cleared (law 6). */
export interface Override {
  readonly routeId: string;
  readonly side: Side;
  readonly actor: string;
  readonly why: string | undefined;
  /** RFC 3339, UTC. */
  readonly at: string;
}
