import { foldCase, percentDecode, utf8Octets } from "./path-octets.ts";

export type PatternSegment =
  | {
      readonly kind: "static";
      /** Every way in which a request may spell it, as octets: decoded, percent-encoded, and as written. */
      readonly spellings: readonly string[];
      /** Equal for segments that some server takes for the same. */
      readonly folded: string;
    }
  | { readonly kind: "param"; readonly name: string };

/** The path of a route, taken apart. */
export interface PathPattern {
  readonly segments: readonly PatternSegment[];
  /** It ends in `*`: everything below the segments matches, and the segments themselves. */
  readonly isOpen: boolean;
}

/** What is wrong with a path, as a sentence that begins with "must"; undefined when nothing is. */
export function pathPatternProblem(path: string): string | undefined {
  if (!path.startsWith("/")) return "must start with /";
  if (/[?#]/.test(path)) return "must hold neither ? nor #; parameters go into `query`";
  const parts = partsOf(path);
  const names = new Set<string>();
  for (const [index, part] of parts.entries()) {
    const problem = segmentProblem(part, index === parts.length - 1, names);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function segmentProblem(part: string, isLast: boolean, names: Set<string>): string | undefined {
  if (part === "*") return isLast ? undefined : "must have its * at the end only";
  if (part.includes("*")) return "must have * as a whole segment at its end, as in /orders/*";
  if (part === "") return "must not have an empty segment (//)";
  if (part.startsWith(":")) {
    if (!/^:[A-Za-z_][A-Za-z0-9_]*$/.test(part)) return "must have parameters as whole segments, as in /orders/:id";
    if (names.has(part)) return `must not use ${part} twice`;
    names.add(part);
    return undefined;
  }
  const decoded = percentDecode(utf8Octets(part));
  if (/[\\;/]/.test(decoded) || decoded.split("").some((octet) => octet < " " || octet === "\x7f")) {
    return "must hold no backslash, semicolon, encoded slash or control character: servers read these in different ways";
  }
  if (/%[0-9a-fA-F]{2}/.test(decoded)) return "must not be encoded twice";
  return decoded === "." || decoded === ".." ? "must hold no . or .. segment" : undefined;
}

/** Takes a path apart in which `pathPatternProblem` finds nothing wrong. */
export function parsePathPattern(path: string): PathPattern {
  const parts = partsOf(path);
  const isOpen = parts.at(-1) === "*";
  return { segments: (isOpen ? parts.slice(0, -1) : parts).map(parseSegment), isOpen };
}

/** A slash at the end says nothing: `/orders/` is `/orders`. */
function partsOf(path: string): string[] {
  const parts = path.slice(1).split("/");
  if (parts.at(-1) === "") parts.pop();
  return parts;
}

function parseSegment(part: string): PatternSegment {
  if (part.startsWith(":")) return { kind: "param", name: part.slice(1) };
  const written = utf8Octets(part);
  const decoded = percentDecode(written);
  const spellings = [...new Set([decoded, percentEncode(decoded), written])];
  return { kind: "static", spellings, folded: foldCase(decoded) };
}

/** Everything but the characters of a path segment (`pchar`, RFC 3986 §3.3), as browsers write it: in upper case. */
function percentEncode(octets: string): string {
  return octets.replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@]/g,
    (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
