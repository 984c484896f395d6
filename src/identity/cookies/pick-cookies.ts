/**
 * The cookies of these names as the client sent them, byte for byte, in order, duplicates kept: `a=1; b=2`. undefined when there is none
 * of them. Each stack reads cookies in a way of its own, so nothing is decoded here.
 */
export function pickCookies(cookieFields: readonly string[], names: ReadonlySet<string>): string | undefined {
  const picked: string[] = [];
  for (const field of cookieFields) {
    for (const part of field.split(";")) {
      const pair = part.trim();
      const equals = pair.indexOf("=");
      if (equals > 0 && names.has(pair.slice(0, equals).trimEnd())) picked.push(pair);
    }
  }
  return picked.length === 0 ? undefined : picked.join("; ");
}
