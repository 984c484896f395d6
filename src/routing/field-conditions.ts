import { foldFieldName, type RawHeaders } from "../model/raw-headers.ts";
import { type Verdict, verdictOf, verdictOfAll } from "./verdict.ts";

/** A header field that a route asks for. */
export interface WantedField {
  readonly lowerName: string;
  readonly foldedName: string;
  readonly values: ReadonlySet<string> | true;
}

export function compileWantedFields(headers: Readonly<Record<string, string | true>>): WantedField[] {
  return Object.entries(headers).map(([name, value]) => ({
    lowerName: name.toLowerCase(),
    foldedName: foldFieldName(name),
    values: value === true ? true : new Set([value]),
  }));
}

/**
 * Whether the fields hold in every reading of the header: `X_Beta` is `X-Beta` to applications behind CGI-like interfaces
 * (RFC 3875 §4.1.18), and of several fields some take the first, some the last, some join them (RFC 9110 §5.3).
 */
export function checkFields(wanted: readonly WantedField[], headers: RawHeaders): Verdict {
  return verdictOfAll(wanted.map((field) => checkField(field, headers)));
}

function checkField({ lowerName, foldedName, values }: WantedField, headers: RawHeaders): Verdict {
  const exact: string[] = [];
  const folded: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== lowerName.length) continue;
    if (name.toLowerCase() === lowerName) exact.push(headers[i + 1] as string);
    if (foldFieldName(name) === foldedName) folded.push(headers[i + 1] as string);
  }
  return verdictOf(folded.length === exact.length ? [exact] : [exact, folded], values, ", ");
}
