/** Seconds since 1970 as a number, or a date as ISO 8601 has it; undefined where the field says neither. */
export function sessionEndMs(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value * 1_000 : undefined;
  if (typeof value !== "string") return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
