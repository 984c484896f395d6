import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { KeyStoreError } from "./key-store.ts";

/** Encrypts text with a secret, bound to a place: what was sealed for one place does not open in another. */
export interface KeyCipher {
  seal(text: string, place: string): Promise<string>;
  /** Rejects with a KeyStoreError `wrong-secret`. */
  open(sealed: string, place: string): Promise<string>;
}

/** Below this a secret can be guessed, scrypt or not. */
const MIN_SECRET_LENGTH = 16;

/** Part of every sealed text and of what is authenticated, so that nobody can talk a reader into weaker parameters. */
const FORMAT = "figway-keys.scrypt-n32768-r8-p1.aes-256-gcm";
const SCRYPT = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

/** AES-256-GCM under a key that scrypt (RFC 7914) makes of the secret and a salt of the text's own. */
export function createKeyCipher(secret: string): KeyCipher {
  if (secret.length < MIN_SECRET_LENGTH)
    throw new KeyStoreError("invalid", `FIGWAY_KEYS_SECRET must have at least ${MIN_SECRET_LENGTH} characters`);
  /** scrypt is slow on purpose and the text is read every few seconds: the last key is kept. */
  let derived: { readonly salt: string; readonly key: Promise<Buffer> } | undefined;
  return { seal, open };

  async function seal(text: string, place: string): Promise<string> {
    // The salt at hand serves again: it separates secrets, and the 96-bit random IV separates the few texts under one key.
    const salt = derived?.salt ?? randomBytes(16).toString("base64url");
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", await keyFor(salt), iv).setAAD(context(salt, place));
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return [FORMAT, salt, iv.toString("base64url"), body.toString("base64url")].join("~");
  }

  async function open(sealed: string, place: string): Promise<string> {
    const [format, salt, iv, body] = sealed.split("~");
    if (format !== FORMAT || salt === undefined || iv === undefined || body === undefined) throw unreadable();
    const octets = Buffer.from(body, "base64url");
    const key = await keyFor(salt);
    try {
      const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"), { authTagLength: 16 })
        .setAAD(context(salt, place))
        .setAuthTag(octets.subarray(-16));
      return decipher.update(octets.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  function keyFor(salt: string): Promise<Buffer> {
    if (derived?.salt !== salt) derived = { salt, key: deriveKey(secret, salt) };
    return derived.key;
  }
}

function deriveKey(secret: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, Buffer.from(salt, "base64url"), 32, SCRYPT, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function context(salt: string, place: string): Buffer {
  return Buffer.from(`${FORMAT}~${salt}~${place}`);
}

function unreadable(cause?: unknown): KeyStoreError {
  const remedy =
    "set FIGWAY_KEYS_SECRET to the secret it was stored with, or delete the Redis key to start with new keys";
  return new KeyStoreError("wrong-secret", `The stored keys cannot be decrypted: ${remedy}`, cause);
}
