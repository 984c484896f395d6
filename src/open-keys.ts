import type { TokenConfig } from "./config/schema/identity.ts";
import type { Log } from "./telemetry/log.ts";
import { createJwksDocument, type JwksDocument } from "./tokens/jwks-document.ts";
import { createKeyring, type Keyring } from "./tokens/keyring.ts";
import { type ListedKey, listKeys } from "./tokens/list-keys.ts";
import { openKeyStore } from "./tokens/open-key-store.ts";
import { rotateKeys } from "./tokens/rotate-keys.ts";

/** The signing keys of this process, with what is published of them and what an operator may do. */
export interface Keys {
  readonly keyring: Keyring;
  published(): JwksDocument;
  list(): ListedKey[];
  signingKeyId(): string;
  health(): { readonly ok: boolean; readonly detail: string };
  /** Rejects with an error for the operator, where the keys were brought along from outside. */
  rotate(mode: "graceful" | "compromised"): Promise<ListedKey>;
  close(): void;
}

export async function openKeys(options: {
  environment: Readonly<Record<string, string | undefined>>;
  stateDir: string;
  token: TokenConfig;
  log: Log;
}): Promise<Keys> {
  const { environment, stateDir, token, log } = options;
  const { algorithm } = token;
  const store = openKeyStore({ environment, stateDir });
  const onProblem = (problem: Error | undefined): void => {
    if (problem === undefined) log.info("the signing keys can be read again");
    else log.error("the signing keys cannot be read; those at hand stay in use", { cause: problem.message });
  };
  const keyring = await createKeyring({ store, clock: { nowMs: Date.now }, algorithm, onProblem });
  return {
    keyring,
    published: () => createJwksDocument(keyring, Date.now()),
    list: () => listKeys(keyring.file, Date.now()),
    signingKeyId: () => keyring.signer(Date.now()).kid,
    health: keyring.health,
    async rotate(mode) {
      const rotated = await rotateKeys(store, { nowMs: Date.now(), algorithm, mode });
      if (rotated.kind === "read-only") throw new KeyChangeError("The keys come from FIGWAY_KEYS: rotate them there.");
      await keyring.reload();
      return listKeys(rotated.file, Date.now()).find(({ kid }) => kid === rotated.key.kid) as ListedKey;
    },
    close: keyring.close,
  };
}

class KeyChangeError extends Error {
  override readonly name = "KeyChangeError";
}
