/** A place in a JSON document: member names and array indexes from the top down. */
export type JsonPath = readonly (string | number)[];

const PLAIN_NAME = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

/** The place as a person writes it: `routes[2].flag`, `upstreams["a.b"].url`; empty for the document itself. */
export function formatPath(path: JsonPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (PLAIN_NAME.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** A key for sets and maps of places: equal for equal paths, distinct for `["0"]` and `[0]`. */
export function pathKey(path: JsonPath): string {
  return JSON.stringify(path);
}

/** Whether `path` is `ancestor` or lies below it. */
export function isAtOrBelow(path: JsonPath, ancestor: JsonPath): boolean {
  return ancestor.length <= path.length && ancestor.every((step, index) => step === path[index]);
}

/** The value at a place of a plain JSON value; undefined where there is none. */
export function valueAt(root: unknown, path: JsonPath): unknown {
  let value: unknown = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
