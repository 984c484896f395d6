import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { loadConfig } from "../../config/load-config.ts";
import { readJsonc } from "../../config/read-jsonc.ts";
import type { Config } from "../../config/schema.ts";
import type { UpstreamConfig } from "../../config/schema/upstreams.ts";
import type { JsonObject } from "../../model/json.ts";
import { CommandFailure } from "../command-failure.ts";
import { countText } from "../problem-text.ts";
import { openSite, type Site } from "./visitor.ts";

export interface LoadedConfig {
  readonly config: Config;
  /** `identity.session` as it stands in the file, its `${…}` unread: it can be shown. */
  readonly sessionInFile: JsonObject;
}

/** @throws CommandFailure where the file has mistakes */
export function loadForDoctor(configFile: string, environment: Readonly<NodeJS.ProcessEnv>): LoadedConfig {
  const loaded = loadConfig({ file: configFile, environment });
  if (!loaded.ok) {
    throw new CommandFailure(`${configFile} has ${countText(loaded.problems)}; figway check says which.`);
  }
  const document = readJsonc(readFileSync(configFile, "utf8"));
  const raw = document.kind === "read" ? (document.value as { identity: { session: JsonObject } }) : undefined;
  return { config: loaded.config, sessionInFile: raw?.identity.session ?? {} };
}

/** Legacy as the doctor visits it: directly, checked like the upstream is. */
export function openLegacySite(config: Config, configFile: string): Site {
  const legacy = config.upstreams["legacy"];
  if (legacy === undefined) throw new CommandFailure("There is no upstream legacy; figway check says more.");
  return openUpstreamSite(legacy, {
    configFile,
    name: "Legacy",
    remedy: "start it, or correct upstreams.legacy.url.",
  });
}

export function openUpstreamSite(
  { url, tls }: UpstreamConfig,
  { configFile, name, remedy }: { configFile: string; name: string; remedy: string },
): Site {
  const folder = dirname(resolve(configFile));
  const read = (file: string): Buffer => {
    try {
      return readFileSync(resolve(folder, file));
    } catch (error) {
      throw new CommandFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
    }
  };
  return openSite({
    url,
    name,
    remedy,
    trustAnyCertificate: tls?.trustAnyCertificate === true,
    tls: {
      ...(tls?.caFile === undefined ? {} : { ca: read(tls.caFile) }),
      ...(tls?.certificateFile === undefined ? {} : { cert: read(tls.certificateFile) }),
      ...(tls?.keyFile === undefined ? {} : { key: read(tls.keyFile) }),
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    },
  });
}
