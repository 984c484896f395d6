/** Reads one place of a JSON document; undefined where there is nothing. */
export type JsonPointerReader = (document: unknown) => unknown;

const ARRAY_INDEX = /^(?:0|[1-9][0-9]*)$/;

/** Compiles a JSON Pointer (RFC 6901), which the configuration schema has checked, so that no request parses it again. */
export function compileJsonPointer(pointer: string): JsonPointerReader {
  const tokens = pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  return (document) => {
    let value = document;
    for (const token of tokens) {
      value = memberOf(value, token);
      if (value === undefined) return undefined;
    }
    return value;
  };
}

/** Own members only: `/constructor` is not in any document. */
function memberOf(value: unknown, token: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return ARRAY_INDEX.test(token) ? (value[Number(token)] as unknown) : undefined;
  return Object.hasOwn(value, token) ? (value as Record<string, unknown>)[token] : undefined;
}
