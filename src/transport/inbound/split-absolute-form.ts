/** `http://authority` and what follows; user information is left out on purpose (RFC 9110 §4.2.4: treat it as an error). */
const ABSOLUTE = /^https?:\/\/([^/?@]*)([/?].*)?$/i;

/**
 * Takes an absolute-form target apart (RFC 9112 §3.2.2). The path and query stay byte for byte; an empty path becomes `/`, or
 * `*` for OPTIONS (§3.2.4). No URL parser: those decode, fold and repair. undefined: not such a target.
 */
export function splitAbsoluteForm(target: string, method: string): { host: string; target: string } | undefined {
  const match = ABSOLUTE.exec(target);
  if (match === null) return undefined;
  const host = match[1] as string;
  const rest = match[2];
  if (rest === undefined) return { host, target: method === "OPTIONS" ? "*" : "/" };
  return { host, target: rest.startsWith("?") ? `/${rest}` : rest };
}
