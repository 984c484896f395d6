import type { Environment } from "./environment.ts";
import type { Finding } from "./finding.ts";
import type { JsonPath } from "./json-path.ts";

export interface Overrides {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** The places that the environment decides: what the file says there does not count. */
  readonly overridden: readonly JsonPath[];
}

/**
 * The variables that win over the file (DESIGN §6), so that one routes.json serves a laptop, a container and a test:
 * - `PORT`, `ADMIN_PORT`: `listen.port`, `admin.port`.
 * - `UNLEASH_URL` (with `UNLEASH_TOKEN`): `flags` becomes `{ "source": "unleash", … }` with that address. `UNLEASH_TOKEN` wins over a
 *   token in the file; `appName` and `refreshIntervalMs` stay as the file has them.
 *
 * An empty variable counts as unset: Compose files pass empty ones on.
 */
export function applyOverrides(root: unknown, environment: Environment): Overrides {
  if (!isObject(root)) return { value: root, findings: [], overridden: [] };
  const value: Record<string, unknown> = { ...root };
  const findings: Finding[] = [];
  const overridden: JsonPath[] = [];

  for (const [name, section] of [
    ["PORT", "listen"],
    ["ADMIN_PORT", "admin"],
  ] as const) {
    const given = environment[name];
    if (given === undefined || given === "") continue;
    overridden.push([section, "port"]);
    const port = portNumber(given);
    if (port === undefined) findings.push(notAPort(name, section));
    else if (value[section] === undefined || isObject(value[section])) value[section] = { ...value[section], port };
  }

  const url = environment["UNLEASH_URL"];
  if (url !== undefined && url !== "") {
    const section = unleashSection(value["flags"], url, environment["UNLEASH_TOKEN"]);
    value["flags"] = section.value;
    findings.push(...section.findings);
    overridden.push(...section.overridden);
  }
  return { value, findings, overridden };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function portNumber(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function notAPort(name: string, section: string): Finding {
  return {
    path: [section, "port"],
    message: `The environment variable ${name} is not a port number.`,
    remedy: `Set ${name} to a number from 0 to 65535, or unset it.`,
  };
}

function unleashSection(
  inFile: unknown,
  url: string,
  token: string | undefined,
): Pick<Overrides, "value" | "findings" | "overridden"> {
  const kept = isObject(inFile) && inFile["source"] === "unleash" ? inFile : {};
  const hasToken = token !== undefined && token !== "";
  // As references, so that what is said of them never shows their values.
  const value = {
    ...kept,
    source: "unleash",
    url: "${UNLEASH_URL}",
    ...(hasToken ? { token: "${UNLEASH_TOKEN}" } : {}),
  };
  const overridden: JsonPath[] = [["flags", "url"]];
  if (hasToken || kept["token"] === undefined) overridden.push(["flags", "token"]);
  const findings: Finding[] = [];
  if (!URL.canParse(url) || !/^https?:/i.test(url)) {
    findings.push({
      path: ["flags", "url"],
      message: "The environment variable UNLEASH_URL is not an http or https address.",
      remedy: "Set it to the address of Unleash, such as http://127.0.0.1:4242.",
    });
  }
  if (!hasToken && kept["token"] === undefined) {
    findings.push({
      path: ["flags", "token"],
      message: "UNLEASH_URL is set, but UNLEASH_TOKEN is not.",
      remedy: "Set UNLEASH_TOKEN to a backend token of Unleash, or unset UNLEASH_URL.",
    });
  }
  return { value, findings, overridden };
}
