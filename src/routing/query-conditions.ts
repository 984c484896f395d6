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
  const splits = query.includes(";") ? [splitPairs(query, "&"), splitPairs(query, /[&;]/)] : [splitPairs(query, "&")];
  return verdictOfAll(wanted.map((parameter) => checkParameter(parameter, splits)));
}

type Pairs = readonly (readonly [name: string, value: string])[];

function checkParameter({ names, values }: WantedParameter, splits: readonly Pairs[]): Verdict {
  const lists = splits.flatMap((pairs) => {
    const candidates = pairs.filter(([name]) => names.has(name) || UNUSUAL.test(name));
    const hasUnusual = candidates.some(([name, value]) => UNUSUAL.test(name) || UNUSUAL.test(value));
    if (!hasUnusual) return [candidates.map(([, value]) => value)];
    return READINGS.map((read) =>
      candidates.flatMap(([name, value]) => (names.has(read.name(name)) ? [read.value(value)] : [])),
    );
  });
  return verdictOf(lists, values, ",");
}

/** What a name or value must hold to be read in more than one way. */
const UNUSUAL = /[%+[]/;

function splitPairs(query: string, separator: string | RegExp): Pairs {
  return query.split(separator).map((part) => {
    const equals = part.indexOf("=");
    return equals === -1 ? [part, ""] : [part.slice(0, equals), part.slice(equals + 1)];
  });
}

type Read = (text: string) => string;

const decodeForm: Read = (text) => percentDecode(text.replaceAll("+", " "));

const DECODINGS: readonly Read[] = [
  (text) => text,
  percentDecode,
  decodeForm,
  (text) => percentDecode(decodeForm(text)),
];

const READINGS: readonly { readonly name: Read; readonly value: Read }[] = DECODINGS.flatMap((decode) => [
  { name: decode, value: decode },
  { name: (text) => decode(text).split("[", 1)[0] as string, value: decode },
]);
