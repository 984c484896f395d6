import type { KeyFile } from "./key-file.ts";

/**
 * Where the private keys are kept, shared by every replica that sees the same place. All implementations pass
 * test/contracts/key-store.contract.ts.
 */
export interface KeyStore {
  /** Where that is, for the operator: `the file /srv/figway/.figway/keys.json`. Holds no secret. */
  readonly description: string;
  /** undefined: nothing was ever stored. Rejects with a KeyStoreError. The same object as before where nothing has changed. */
  load(): Promise<KeyFile | undefined>;
  /**
   * Stores `next` if what is stored is still `expected` (an object that this store loaded or saved; undefined: nothing).
   * `conflict`: somebody else was faster, load again. `read-only`: this store never takes anything. Rejects with a KeyStoreError.
   */
  save(next: KeyFile, expected: KeyFile | undefined): Promise<SaveResult>;
  /** Lets go of connections, where there are any. */
  close?(): void;
}

export type SaveResult = "saved" | "conflict" | "read-only";

/**
 * - `unavailable`: the place cannot be reached; it may be later.
 * - `invalid`: what is stored there are no keys.
 * - `wrong-secret`: what is stored was encrypted with another secret, or was tampered with.
 */
export type KeyStoreErrorCode = "unavailable" | "invalid" | "wrong-secret";

/** `message` is for the operator: what is wrong and what to do. It never holds key material. */
export class KeyStoreError extends Error {
  readonly code: KeyStoreErrorCode;

  constructor(code: KeyStoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "KeyStoreError";
    this.code = code;
  }
}
