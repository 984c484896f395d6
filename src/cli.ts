import { readFileSync } from "node:fs";
import { styleText } from "node:util";
import { runCli } from "./cli/run-cli.ts";

/** The command line: `bin/figway` ends here. */
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  // Looks at whether standard output is a terminal, and at NO_COLOR and FORCE_COLOR.
  paint: (format, text) => styleText(format, text, { stream: process.stdout }),
  version,
  // Loaded when needed: the other commands answer at once.
  start: async (options) => (await import("./start.ts")).start(options),
});
