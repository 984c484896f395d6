let second = -1;
let text = "";

/** The time as an HTTP-date (RFC 9110 §5.6.7); made once for each second. */
export function httpDate(epochMs: number): string {
  const now = Math.floor(epochMs / 1_000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1_000).toUTCString();
  }
  return text;
}
