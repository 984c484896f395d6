import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Credentials } from "./log-in.ts";

/** Asks at the terminal for what is missing; what is typed as the password is not shown. */
export async function askCredentials(known: {
  readonly user: string | undefined;
  readonly password: string | undefined;
}): Promise<Credentials> {
  let isHidden = false;
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isHidden) process.stderr.write(chunk);
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const user = known.user ?? (await terminal.question("User to log in as on legacy: "));
    if (known.password !== undefined) return { kind: "user", user, password: known.password };
    process.stderr.write("Password: ");
    isHidden = true;
    const password = await terminal.question("");
    process.stderr.write("\n");
    return { kind: "user", user, password };
  } finally {
    terminal.close();
  }
}
