import { readFile } from "node:fs/promises";
import { createKeyFileTexts } from "./key-file.ts";
import { type KeyStore, KeyStoreError } from "./key-store.ts";

/**
 * Keys that the operator brings along and rotates himself: `FIGWAY_KEYS` is a path, or the JSON itself. figway only reads. A file is
 * read anew at every load, so a replaced secret mount is picked up.
 */
export function createEnvironmentKeyStore(value: string): KeyStore {
  const isJson = /^\s*[[{]/.test(value);
  const description = isJson ? "FIGWAY_KEYS" : `the file ${value} (FIGWAY_KEYS)`;
  const texts = createKeyFileTexts(description);
  return {
    description,
    async load() {
      return texts.parse(isJson ? value : await readKeys(value, description));
    },
    save() {
      return Promise.resolve("read-only");
    },
  };
}

async function readKeys(path: string, description: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    // A path that the operator gave must exist: making keys instead would go unnoticed until replicas disagree.
    throw new KeyStoreError("unavailable", `${description} cannot be read`, cause);
  }
}
