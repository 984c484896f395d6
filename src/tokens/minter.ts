import { LRUCache } from "lru-cache";
import type { TokenConfig } from "../config/schema/identity.ts";
import type { UserIdentity } from "../model/identity.ts";
import { MintError } from "./mint-error.ts";
import { ENCODED_SIGNATURE_LENGTH, type Signer } from "./signer.ts";

export interface MinterOptions {
  readonly keyring: { signer(nowMs: number): Signer };
  readonly token: TokenConfig;
  readonly clock: { nowMs(): number };
  /** A fresh id for each token (`jti`), url-safe and not guessable. */
  readonly randomId: () => string;
  /** How many sessions' tokens are kept. Default 50,000, which is 50 to 100 MB when full. */
  readonly maxCached?: number;
  /** Told the key id of each signature. */
  readonly onSigned?: (kid: string) => void;
}

export interface Minter {
  /**
   * A token for this user and audience: from memory while one is good, else signed on the spot. Synchronous both ways, so that no two
   * requests ever sign for the same thing at once. Throws a MintError.
   */
  mint(identity: UserIdentity, audience: string): string;
  /** Drops the tokens of a session that was logged out. */
  forget(sessionHandle: string): void;
}

/** What a proxy and an application server take in one field beside everything else (TRAPS 34): Node's whole head is 16 KB. */
const MAX_TOKEN_LENGTH = 2_048;

/** A verifier's clock may be off by this much (TRAPS 27). */
const CLOCK_TOLERANCE_MS = 10_000;

/**
 * `iat` is set this much early: libraries that refuse a token "from the future" (PyJWT, for one) would otherwise refuse every fresh token
 * where the service's clock is a moment behind. There is no `nbf`, which says nothing that `iat` does not. `exp` counts from the true time.
 */
const IAT_BACKDATE_SECONDS = 2;

interface MintedToken {
  readonly token: string;
  readonly audience: string;
  readonly signer: Signer;
  readonly mintedAtMs: number;
  /** Until when the token is handed out without a thought of a newer one. */
  readonly freshUntilMs: number;
  readonly expiresAtMs: number;
}

/** A session has one identity at a time; another fingerprint under the same session replaces all that was minted for it. */
interface SessionTokens {
  readonly fingerprint: string;
  readonly tokens: MintedToken[];
}

/** Makes a session's user into a JWT for one audience, and keeps it for the next requests. */
export function createMinter(options: MinterOptions): Minter {
  const { keyring, token: config, clock, randomId, maxCached = 50_000, onSigned = () => {} } = options;
  const ttlMs = config.ttlSeconds * 1_000;
  const cache = new LRUCache<string, SessionTokens>({ max: maxCached });
  return {
    mint,
    forget: (sessionHandle) => void cache.delete(sessionHandle),
  };

  function mint(identity: UserIdentity, audience: string): string {
    const nowMs = clock.nowMs();
    const signer = keyring.signer(nowMs);
    const session = cache.get(identity.sessionHandle);
    if (session === undefined || session.fingerprint !== identity.fingerprint) {
      const minted = mintAnew(identity, audience, signer, nowMs);
      cache.set(identity.sessionHandle, { fingerprint: identity.fingerprint, tokens: [minted] });
      return minted.token;
    }
    const { tokens } = session;
    const at = indexOfAudience(tokens, audience);
    const known = tokens[at];
    if (known !== undefined && isGood(known, identity, signer, nowMs)) return known.token;
    const minted = mintAnew(identity, audience, signer, nowMs);
    tokens[at] = minted;
    return minted.token;
  }

  function isGood(known: MintedToken, identity: UserIdentity, signer: Signer, nowMs: number): boolean {
    // Another signer took over: above all after a key was compromised.
    if (known.signer !== signer) return false;
    // Before its own minting: the clock was set back, and the token's times mean something else now.
    if (nowMs < known.mintedAtMs || nowMs >= known.expiresAtMs) return false;
    const { sessionEndsAtMs } = identity;
    if (sessionEndsAtMs !== undefined && known.expiresAtMs > sessionEndsAtMs) return false;
    // Where the session's end is the limit, a newer token would live no longer than this one.
    return nowMs < known.freshUntilMs || known.expiresAtMs >= expiryOf(identity, nowMs);
  }

  function expiryOf({ sessionEndsAtMs }: UserIdentity, nowMs: number): number {
    const endsAtMs = Math.min(nowMs + ttlMs, sessionEndsAtMs ?? Infinity);
    return Math.floor(endsAtMs / 1_000) * 1_000;
  }

  function mintAnew(identity: UserIdentity, audience: string, signer: Signer, nowMs: number): MintedToken {
    const expiresAtMs = expiryOf(identity, nowMs);
    if (expiresAtMs <= nowMs) throw new MintError("session-ended", "the session ends within the second");
    const payload = {
      ...identity.claims,
      // After the claims, so that none of them can pose as one of these; `nbf` is dropped where a session has one.
      nbf: undefined,
      iss: config.issuer,
      aud: audience,
      sub: identity.subject,
      iat: Math.floor(nowMs / 1_000) - IAT_BACKDATE_SECONDS,
      exp: expiresAtMs / 1_000,
      jti: randomId(),
      sid: identity.sessionHandle,
    };
    const signingInput = `${signer.encodedHeader}.${Buffer.from(JSON.stringify(payload)).toString("base64url")}`;
    const length = signingInput.length + 1 + ENCODED_SIGNATURE_LENGTH;
    if (length > MAX_TOKEN_LENGTH) throw tooLarge(length, payload);
    const token = `${signingInput}.${signer.sign(signingInput)}`;
    onSigned(signer.kid);
    return { token, audience, signer, mintedAtMs: nowMs, freshUntilMs: freshUntil(nowMs, expiresAtMs), expiresAtMs };
  }
}

/**
 * A token is handed out for 80 % of its life, and while at least twice the clock tolerance is left of it; for lives too short for that, while
 * half is left.
 */
function freshUntil(nowMs: number, expiresAtMs: number): number {
  const lifeMs = expiresAtMs - nowMs;
  const minimumLeftMs = Math.min(2 * CLOCK_TOLERANCE_MS, lifeMs / 2);
  return Math.min(nowMs + 0.8 * lifeMs, expiresAtMs - minimumLeftMs);
}

/** Its place, or the place after the last. There are as many audiences as modern upstreams: a handful. */
function indexOfAudience(tokens: readonly MintedToken[], audience: string): number {
  let at = 0;
  while (at < tokens.length && (tokens[at] as MintedToken).audience !== audience) at++;
  return at;
}

function tooLarge(length: number, payload: Readonly<Record<string, unknown>>): MintError {
  const size = ([, value]: [string, unknown]) => (value === undefined ? 0 : JSON.stringify(value).length);
  const [largest] = Object.entries(payload).toSorted((a, b) => size(b) - size(a));
  const [claim, value] = largest as [string, unknown];
  return new MintError(
    "token-too-large",
    `the token would have ${length} characters, and ${MAX_TOKEN_LENGTH} are the most; the largest claim is "${claim}" with ${JSON.stringify(value).length}: shorten it, or take it off identity.session.claims`,
    claim,
  );
}
