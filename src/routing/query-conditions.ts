import { percentDecode, utf8Octets } from "../config/path-octets.ts";
import { type Verdict, verdictOf, verdictOfAll } from "./verdict.ts";

/** A query parameter that a route asks for, in every spelling that means the same. */
export interface WantedParameter {
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlySet<string> | true;
}

export function compileWantedParameters(query: Readonly<Record<string, string | true>>): WantedParameter[] {
  return Object.entries(query).map(([name, value]) => ({
    names: spellings(name),
    values: value === true ? true : spellings(value),
  }));
}

function spellings(text: string): Set<string> {
  const encoded = encodeURIComponent(text);
  return new Set([utf8Octets(text), encoded, encoded.replaceAll("%20", "+")]);
}

/**
 * Whether the parameters hold in every reading of a query: as sent or percent-decoded, once or twice, `+` as it is or as a
 * space (WHATWG URL §5.1), pairs split at `&` or at `;` too (HTML 4.01 §B.2.2), `name[]` as `name` (PHP, Rails, qs), and the
 * first, the last, or all of several.
 */
export function checkParameters(wanted: readonly WantedParameter[], query: string): Verdict {
  const readings = readQuery(query);
  return verdictOfAll(wanted.map((parameter) => checkParameter(parameter, readings)));
}

type Pairs = readonly (readonly [name: string, value: string])[];

function checkParameter({ names, values }: WantedParameter, readings: readonly Pairs[]): Verdict {
  const lists = readings.map((pairs) => pairs.filter(([name]) => names.has(name)).map(([, value]) => value));
  return verdictOf(lists, values, ",");
}

const UNUSUAL = /[%+;[]/;

function readQuery(query: string): Pairs[] {
  const plain = splitPairs(query.split("&"));
  if (!UNUSUAL.test(query)) return [plain];
  const splits = query.includes(";") ? [plain, splitPairs(query.split(/[&;]/))] : [plain];
  const decoded = splits.flatMap((pairs) =>
    DECODINGS.map((decode) => pairs.map(([name, value]) => [decode(name), decode(value)] as const)),
  );
  const unbracketed = decoded.map((pairs) =>
    pairs.map(([name, value]) => [name.split("[", 1)[0] as string, value] as const),
  );
  return query.includes("[") || /%5b/i.test(query) ? [...decoded, ...unbracketed] : decoded;
}

function splitPairs(parts: readonly string[]): Pairs {
  return parts.map((part) => {
    const equals = part.indexOf("=");
    return equals === -1 ? [part, ""] : [part.slice(0, equals), part.slice(equals + 1)];
  });
}

const decodeForm = (text: string): string => percentDecode(text.replaceAll("+", " "));

const DECODINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  percentDecode,
  decodeForm,
  (text) => percentDecode(decodeForm(text)),
];
