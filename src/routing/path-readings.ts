import { foldCase, percentDecode } from "../config/path-octets.ts";
import type { CaseReading } from "./route-tree.ts";

/** One way in which some server reads a path. */
export interface PathReading {
  readonly path: string;
  readonly caseReading: CaseReading;
  /** What was done to the path, in words; empty for the path as it was sent. */
  readonly how: string;
}

/**
 * The most readings that are looked at. A path that an application makes has one oddity or two, and so a dozen readings at the
 * most; a path with more than this is made to confuse, and is refused.
 */
export const MAX_READINGS = 96;

/** Paths without any of these have one reading only: no escape, no case, no `\`, `;`, `#`, `//`, `/.`, no octet beyond ASCII. */
const UNUSUAL = /[^!$&'()*+,\-./0-9:=@_`a-z{|}~"<>^[\]]|\/[/.]/;

/** What the steps below look for. Ids in upper case are common, and are not worth the steps. */
const STEPS_TO_TAKE = /[%\\;#?\0\u0080-\uffff]|\/[/.]/;

/** Whether every server reads the path in the same way, so that it need not be taken apart. */
export function isPlainPath(path: string): boolean {
  return !UNUSUAL.test(path);
}

/**
 * Every plausible reading of a path (law 9, TRAPS 19; GHSA-p224-6x5r-fjpm, CVE-2019-9901): each step below is taken by some
 * servers and not by others, in this order. The first reading is the path as it was sent. undefined: more than `MAX_READINGS`.
 */
export function readPath(path: string): readonly PathReading[] | undefined {
  let readings = new Map([[path, ""]]);
  for (const step of STEPS_TO_TAKE.test(path) ? STEPS : []) {
    const next = new Map(readings);
    for (const [text, how] of readings) {
      for (const [name, changed] of step(text)) {
        if (!next.has(changed)) next.set(changed, how === "" ? name : `${how}, ${name}`);
      }
      if (next.size > MAX_READINGS) return undefined;
    }
    readings = next;
  }
  return [...readings].flatMap(([text, how]) => [
    { path: text, how, caseReading: "exact" },
    { path: foldCase(text), how: how === "" ? "case ignored" : `${how}, case ignored`, caseReading: "folded" },
  ]);
}

type Step = (path: string) => readonly (readonly [how: string, changed: string])[];

const decoded: Step = (path) => {
  if (!path.includes("%")) return [];
  const once = percentDecode(path);
  const kept = decodeAllButSlash(path);
  return [
    ["percent-decoded", once],
    ["percent-decoded but for slashes", kept],
    ["percent-decoded twice", percentDecode(once)],
    ["percent-decoded twice but for slashes", decodeAllButSlash(kept)],
  ];
};

/** Some servers keep `%2F` as data within a segment. */
function decodeAllButSlash(path: string): string {
  return path.replace(/%(?!2[fF])[0-9a-fA-F]{2}/g, percentDecode);
}

/** Encodings that no standard knows: `%u002f` (IIS), and slash, backslash and dot as overlong UTF-8 (RFC 3629 §10). */
const nonStandard: Step = (path) => [
  [
    "non-standard escapes decoded",
    path
      .replace(/%u00([0-9a-fA-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/\xc0\xaf/g, "/")
      .replace(/\xc1\x9c/g, "\\")
      .replace(/\xc0\xae/g, "."),
  ],
];

/** Browsers, and URL parsers like theirs (WHATWG URL §4.4), take `\` for `/`. */
const backslashes: Step = (path) => [["backslashes as slashes", path.replaceAll("\\", "/")]];

/** `new URL(target, base)` takes what follows `//` for a host, and does not mind more slashes (WHATWG URL §4.4). */
const authority: Step = (path) => {
  if (!path.startsWith("//")) return [];
  return [["//… as a host", path.replace(/^\/+[^/]*/, "") || "/"]];
};

/** C strings end at NUL; `?` and `#` that were encoded end the path for whoever parses it after decoding. */
const ended: Step = (path) =>
  ["\0", "?", "#"].flatMap((mark) => {
    const end = path.indexOf(mark);
    return end === -1 ? [] : [["cut at NUL, ? or #", path.slice(0, end)] as const];
  });

/** Parameters after `;` belong to a segment and not to its name (RFC 3986 §3.3; Java servlets, §3.1). */
const matrixParameters: Step = (path) => {
  const first = path.indexOf(";");
  if (first === -1) return [];
  return [
    ["parameters after ; cut off", path.replace(/;[^/]*/g, "")],
    ["cut at the first ;", path.slice(0, Math.max(first, 1))],
  ];
};

/** Doubled slashes merged (nginx, `merge_slashes`), dot segments resolved (RFC 3986 §5.2.4), in both orders. */
const slashesAndDots: Step = (path) => {
  const merged = mergeSlashes(path);
  const resolved = resolveDots(path);
  return [
    ["slashes merged", merged],
    ["dot segments resolved", resolved],
    ["slashes merged, dot segments resolved", resolveDots(merged)],
    ["dot segments resolved, slashes merged", mergeSlashes(resolved)],
  ];
};

/** Parameters are cut off before decoding (Tomcat) or after it. */
const STEPS: readonly Step[] = [
  matrixParameters,
  decoded,
  nonStandard,
  backslashes,
  authority,
  ended,
  matrixParameters,
  slashesAndDots,
];

function mergeSlashes(path: string): string {
  return path.replace(/\/{2,}/g, "/");
}

function resolveDots(path: string): string {
  if (!path.includes("/.")) return path;
  const kept: string[] = [];
  const parts = path.slice(1).split("/");
  for (const [index, part] of parts.entries()) {
    const isDots = part === "." || part === "..";
    if (part === "..") kept.pop();
    if (!isDots) kept.push(part);
    else if (index === parts.length - 1) kept.push("");
  }
  return `/${kept.join("/")}`;
}
