import type { RouteConfig } from "../config/schema/routes.ts";
import type { RawHeaders } from "../model/raw-headers.ts";

/** What routes are chosen by. */
export interface RouteRequest {
  readonly method: string;
  /** The request target in origin form, byte for byte: path and query. */
  readonly target: string;
  /** The host that the request is for, with or without port. */
  readonly host: string;
  readonly headers: RawHeaders;
}

export type RouteMatch =
  | {
      readonly kind: "matched";
      readonly route: RouteConfig;
      /** What stood in the place of each `:name`, as it was sent. */
      readonly params: Readonly<Record<string, string>>;
    }
  | {
      /** Servers would read the request in different ways, and the readings select different routes (law 9). */
      readonly kind: "ambiguous";
      /** At least two readings that disagree, for the log. */
      readonly readings: readonly { readonly reading: string; readonly routeId: string }[];
    };
