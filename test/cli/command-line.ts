import { runCli } from "../../src/cli/run-cli.ts";

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs figway's command line in this process, without colours, as in a pipe. */
export async function figway(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<CommandResult> {
  let [out, error] = ["", ""];
  const code = await runCli(args, {
    environment,
    writeOut: (text) => void (out += text),
    writeError: (text) => void (error += text),
    paint: (_format, text) => text,
    version: "1.2.3",
    start: () => Promise.reject(new Error("not here")),
  });
  return { code, out, error };
}
