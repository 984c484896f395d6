import { z } from "zod";
import { KeyStoreError } from "./key-store.ts";
import {
  algorithmOf,
  isWholeKey,
  type PrivateJwk,
  publicPartOf,
  type SigningKey,
  thumbprintOf,
} from "./signing-key.ts";

/** All keys of a gateway, the newest first. Written as a JSON Web Key Set of private keys (RFC 7517) with times added. */
export interface KeyFile {
  /**
   * Grows with every change, over deletions too (it starts from the clock), so that of two versions the later one is known.
   * 0 where the keys were brought along in the environment.
   */
  readonly revision: number;
  readonly keys: readonly SigningKey[];
}

const base64url = z.string().regex(/^[A-Za-z0-9_-]{40,64}$/);
const time = z.iso.datetime();

const storedKey = z.object({
  kty: z.string(),
  crv: z.string(),
  x: base64url,
  y: base64url.optional(),
  d: base64url,
  kid: z.string().min(1).max(128).optional(),
  createdAt: time.optional(),
  activeFrom: time.optional(),
  retiresAt: time.optional(),
});

const storedFile = z.object({ revision: z.int().min(0).default(0), keys: z.array(storedKey).min(1).max(64) });

type StoredKey = z.output<typeof storedKey>;

/** Writes a key file down, private parts and all. */
export function serializeKeyFile({ revision, keys }: KeyFile): string {
  const stored = keys.map((key) => ({
    kid: key.kid,
    alg: key.algorithm,
    use: "sig",
    createdAt: isoTime(key.createdAtMs),
    activeFrom: isoTime(key.activeFromMs),
    ...(key.retiresAtMs === undefined ? {} : { retiresAt: isoTime(key.retiresAtMs) }),
    ...publicPartOf(key.privateJwk),
    d: key.privateJwk.d,
  }));
  return `${JSON.stringify({ revision, keys: stored }, undefined, 2)}\n`;
}

/**
 * Reads what `serializeKeyFile` wrote, and also what others write: a key set without times, a list of keys, a single key. Keys
 * without times are active at once and for ever; of several the first one signs.
 *
 * @param origin names the place in error messages.
 */
export function parseKeyFile(text: string, origin: string): KeyFile {
  const parsed = storedFile.safeParse(asKeySet(parseJson(text, origin)));
  if (!parsed.success) {
    // The paths alone: a message of zod's may quote what it saw, and this is a file of private keys.
    const places = parsed.error.issues.map((issue) => issue.path.join(".") || "the top").join(", ");
    throw invalid(origin, `is no set of private keys (JWK, RFC 7517); look at ${places}`);
  }
  const keys = parsed.data.keys.map((stored, index) => signingKeyFrom(stored, `${origin}: keys[${index}]`));
  if (new Set(keys.map(({ kid }) => kid)).size !== keys.length) throw invalid(origin, "holds two keys with one kid");
  return { revision: parsed.data.revision, keys };
}

function parseJson(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause is left out on purpose: JSON.parse quotes the text.
    throw invalid(origin, "is not JSON");
  }
}

function asKeySet(value: unknown): unknown {
  if (Array.isArray(value)) return { keys: value };
  return typeof value === "object" && value !== null && "kty" in value ? { keys: [value] } : value;
}

function signingKeyFrom(stored: StoredKey, place: string): SigningKey {
  const algorithm = algorithmOf(stored);
  if (algorithm === undefined) throw invalid(place, "is neither a P-256 key (ES256) nor an Ed25519 key (EdDSA)");
  const privateJwk: PrivateJwk = { ...publicPartOf(stored), d: stored.d };
  const createdAtMs = stored.createdAt === undefined ? 0 : Date.parse(stored.createdAt);
  const key: SigningKey = {
    kid: stored.kid ?? thumbprintOf(privateJwk),
    algorithm,
    privateJwk,
    createdAtMs,
    activeFromMs: stored.activeFrom === undefined ? createdAtMs : Date.parse(stored.activeFrom),
    retiresAtMs: stored.retiresAt === undefined ? undefined : Date.parse(stored.retiresAt),
  };
  if (!isWholeKey(key)) throw invalid(place, "is broken: its private part does not fit its public part");
  return key;
}

function invalid(place: string, what: string): KeyStoreError {
  return new KeyStoreError("invalid", `${place} ${what}`);
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** What a store read or wrote last, so that an unchanged text is not parsed again and a change can be told by the text. */
export interface KeyFileTexts {
  parse(text: string): KeyFile;
  remember(file: KeyFile, text: string): void;
  /** The text that the file was read from or written as; undefined for no file, and for a foreign one. */
  textOf(file: KeyFile | undefined): string | undefined;
}

export function createKeyFileTexts(origin: string): KeyFileTexts {
  const texts = new WeakMap<KeyFile, string>();
  let latest: { readonly file: KeyFile; readonly text: string } | undefined;
  return { parse, remember, textOf: (file) => (file === undefined ? undefined : texts.get(file)) };

  function parse(text: string): KeyFile {
    if (latest?.text !== text) remember(parseKeyFile(text, origin), text);
    return (latest as { file: KeyFile }).file;
  }

  function remember(file: KeyFile, text: string): void {
    texts.set(file, text);
    latest = { file, text };
  }
}
