import type { JsonObject, JsonValue } from "../../model/json.ts";
import type { CliContext, Paint } from "../cli-context.ts";
import type { Report } from "../report.ts";
import { table } from "../table.ts";
import type { Finding, Verdict } from "./finding.ts";

export interface ExaminationResult {
  readonly findings: readonly Finding[];
  /** `identity.session` as it stands in the file, with its `${…}`. */
  readonly sessionInFile: JsonObject;
  readonly configFile: string;
  /** Where legacy was looked at, and with how many requests. */
  readonly legacy: { readonly url: string; readonly requests: number };
}

const WORDS: Readonly<Record<Verdict, string>> = {
  ok: "ok",
  differs: "differs",
  warns: "warns",
  "cannot-tell": "cannot tell",
};
const COLOURS = { ok: "green", differs: "red", warns: "yellow", "cannot-tell": "dim" } as const;

/** One line a finding, then what to put into routes.json. Exit code 1 where the file and legacy differ. */
export function sessionReport(result: ExaminationResult, { paint }: CliContext): Report {
  const { findings, sessionInFile, configFile, legacy } = result;
  const sets = findings.map(({ set }) => set).filter((set) => set !== undefined);
  const wanted = sets.map((set) => sessionOf(set)).reduce<JsonObject>(merge, sessionInFile);
  const hasChanges = sets.length > 0;
  const differs = findings.some(({ verdict }) => verdict === "differs");
  const text = [
    table(findings.map((finding) => [verdictText(finding, paint), finding.topic, finding.evidence])),
    ...[adviceText(findings, paint)].filter((lines) => lines !== ""),
    hasChanges
      ? `${paint("bold", `In ${configFile}, let identity.session be:`)}\n${JSON.stringify({ identity: { session: wanted } }, null, 2)}`
      : differs
        ? `${paint("bold", `${configFile} and legacy differ`)} in what no setting of the file mends: see above.`
        : `${paint("green", `${configFile} fits legacy`)}: nothing to change there.`,
    paint("dim", `Sent ${legacy.requests} requests to ${legacy.url}.`),
  ].join("\n\n");
  const json = {
    ok: !differs,
    file: configFile,
    legacy,
    findings,
    routes: hasChanges ? { identity: { session: wanted } } : null,
  };
  return { exitCode: differs ? 1 : 0, json, text };
}

function verdictText({ verdict }: Finding, paint: Paint): string {
  return paint(COLOURS[verdict], WORDS[verdict]);
}

/** What to do about it, below the table, so that its lines stay short. */
function adviceText(findings: readonly Finding[], paint: Paint): string {
  return findings
    .flatMap(({ topic, advice, set }) => [
      ...(set === undefined ? [] : settingLines(set).map((line) => `${paint("bold", topic)} → ${line}`)),
      ...(advice === undefined ? [] : [`${paint("bold", topic)} → ${advice}`]),
    ])
    .join("\n");
}

/** As in `identity.session.prefix: "shop:"`. */
function settingLines(set: JsonObject, path: readonly string[] = []): string[] {
  return Object.entries(set).flatMap(([name, value]) => {
    const here = [...path, name];
    const isInner = isObject(value) && path.length < 2;
    if (isInner) return settingLines(value, here);
    return value === null ? `take out ${here.join(".")}` : `${here.join(".")}: ${JSON.stringify(value)}`;
  });
}

function sessionOf(set: JsonObject): JsonObject {
  const identity = set["identity"];
  const session = isObject(identity) ? identity["session"] : undefined;
  return isObject(session) ? session : {};
}

/** JSON Merge Patch (RFC 7396). */
function merge(into: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = { ...into };
  for (const [name, value] of Object.entries(patch)) {
    const present = merged[name];
    if (value === null) delete merged[name];
    else merged[name] = isObject(value) ? merge(isObject(present) ? present : {}, value) : value;
  }
  return merged;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
