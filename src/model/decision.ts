import type { Side } from "./side.ts";

/**
 * Why an exchange went where it went. In order of precedence (law 2):
 * - `override`: an operator's kill switch.
 * - `identity-unknown`: the session store could not be read, so legacy serves (law 1).
 * - `flag-on` / `flag-off`: the flag's answer for this user and bucket.
 * - `flag-unknown`: the flag source does not know the flag, so legacy serves.
 * - `flags-not-loaded`: no flags were ever loaded, so legacy serves.
 * - `no-flag`: the route names its upstream without a flag.
 * - `fallback`: modern failed before its first byte and legacy answered instead (law 4).
 */
export type DecisionReason =
  | "override"
  | "identity-unknown"
  | "flag-on"
  | "flag-off"
  | "flag-unknown"
  | "flags-not-loaded"
  | "no-flag"
  | "fallback";

/** Where one exchange goes, and why. Made once per exchange, without I/O. */
export interface Decision {
  readonly side: Side;
  /** The upstream's name in routes.json. */
  readonly upstream: string;
  readonly reason: DecisionReason;
  /** The flag that was asked, if one was. */
  readonly flag: string | undefined;
}

/** What a flag says for one user and bucket. */
export type FlagAnswer = "on" | "off" | "unknown" | "not-loaded";

/** What the flag evaluator is told about a request (DESIGN §5). */
export interface FlagContext {
  readonly userId: string | undefined;
  /** The stable id that percentages are computed from. */
  readonly bucket: string | undefined;
  /** The keyed hash of the session. */
  readonly sessionId: string | undefined;
  readonly remoteAddress: string;
  /** Route, method, host, and the allow-listed claims, each as a string. */
  readonly properties: Readonly<Record<string, string>>;
}
