/**
 * Header fields as they came over the wire: name, value, name, value, … in order, duplicates kept, one character per octet
 * (latin1). The shape of Node's `rawHeaders`. Nothing in figway folds fields together: joined `Set-Cookie` and `Cookie`
 * fields cannot be taken apart again (RFC 9110 §5.3).
 */
export type RawHeaders = readonly string[];

/** Every value of the field `lowerName` (given in lower case), in the order received. */
export function fieldValues(headers: RawHeaders, lowerName: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) values.push(headers[i + 1] as string);
  }
  return values;
}

/** The first value of the field `lowerName` (given in lower case), or undefined. */
export function firstFieldValue(headers: RawHeaders, lowerName: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return headers[i + 1];
  }
  return undefined;
}

/**
 * The name under which a field is compared with the names figway owns: lower case, every character that is not a letter or a
 * digit folded to `-`. Application servers that build environment variables from fields read `X_Figway_Side` and
 * `X.Figway.Side` as `X-Figway-Side` (CGI, RFC 3875 §4.1.18; GHSA-x677-9fxg-v5c5), so figway must as well.
 */
export function foldFieldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}
