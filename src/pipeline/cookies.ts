/** The name of a cookie pair or of a Set-Cookie value, in lower case and without white space around it. */
function pairName(pair: string): string {
  const equals = pair.indexOf("=");
  return (equals === -1 ? pair : pair.slice(0, equals)).trim().toLowerCase();
}

/** The first value of a cookie. Only for cookies of figway's own: session cookies are read as their framework reads them. */
export function readCookie(cookieFields: readonly string[], name: string): string | undefined {
  for (const field of cookieFields) {
    for (const pair of field.split(";")) {
      const equals = pair.indexOf("=");
      if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}

/**
 * A `Cookie` field without the cookies named (in lower case); every other octet stays as it came. Names are compared without
 * regard to case and white space: what some framework might read as the session cookie must not get through (law 3).
 *
 * @returns undefined when nothing is left
 */
export function withoutCookies(field: string, names: ReadonlySet<string>): string | undefined {
  let kept = "";
  // What has been looked at and is to be kept, but is not in `kept` yet, begins here.
  let keptFrom = 0;
  for (let start = 0; start <= field.length; ) {
    const semicolon = field.indexOf(";", start);
    const end = semicolon === -1 ? field.length : semicolon;
    if (names.has(pairName(field.slice(start, end)))) {
      kept += field.slice(keptFrom, start);
      keptFrom = end + 1;
    }
    start = end + 1;
  }
  if (keptFrom === 0) return field;
  // Without the semicolon behind which nothing is left.
  const rest = (keptFrom > field.length ? kept.slice(0, -1) : kept + field.slice(keptFrom)).trim();
  return rest === "" ? undefined : rest;
}

/**
 * The name that a `Set-Cookie` value sets, in lower case (RFC 6265bis §5.6: up to the first `=` or `;`, trimmed). A cookie without a
 * name (`=connect.sid=x`) comes back from browsers as its value alone, which servers read as a cookie by that name.
 */
export function setCookieName(value: string): string {
  const end = value.indexOf(";");
  return pairName((end === -1 ? value : value.slice(0, end)).replace(/^[\s=]+/, ""));
}

/** The value that a `Set-Cookie` sets, as the browser will send it. */
export function setCookieValue(setCookie: string): string {
  const pair = setCookie.split(";", 1)[0] as string;
  return pair.slice(pair.indexOf("=") + 1).trim();
}
