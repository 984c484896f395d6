import { hkdfSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "./config/schema.ts";

const KEY_OCTETS = 32;

/**
 * The key of the keyed hash under which session ids appear in tokens and logs (TRAPS 34). Derived (RFC 5869) from the first session
 * secret, so that every replica names a session alike; where there is no such secret, random and kept in the state directory.
 */
export function deriveHandleKey(config: Config, stateDir: string): Uint8Array {
  const { session } = config.identity;
  if (session.kind === "express-session") {
    return new Uint8Array(hkdfSync("sha256", session.secrets[0] as string, "", "figway session handle", KEY_OCTETS));
  }
  const file = join(stateDir, "handle.key");
  if (existsSync(file)) return Buffer.from(readFileSync(file, "utf8").trim(), "hex");
  const key = randomBytes(KEY_OCTETS);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${key.toString("hex")}\n`, { mode: 0o600 });
  return key;
}
