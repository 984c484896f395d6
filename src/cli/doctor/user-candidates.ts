import type { JsonValue } from "../../model/json.ts";

/** A scalar, or a list of texts, somewhere in a session. */
export interface Leaf {
  /** JSON Pointer (RFC 6901). */
  readonly pointer: string;
  readonly tokens: readonly string[];
  readonly value: JsonValue;
}

const MAX_DEPTH = 5;
const MAX_LEAVES = 500;

/** Everything in a session that could name a user or say something of him; express-session's own `cookie` is left out. */
export function leavesOf(payload: object): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (value: unknown, tokens: readonly string[]): void => {
    if (leaves.length >= MAX_LEAVES || tokens.length > MAX_DEPTH) return;
    const isTexts = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
    if (typeof value !== "object" || value === null || isTexts) {
      leaves.push({ pointer: pointerOf(tokens), tokens, value: value as JsonValue });
      return;
    }
    if (Array.isArray(value)) return;
    for (const [name, member] of Object.entries(value)) {
      if (tokens.length > 0 || name !== "cookie") walk(member, [...tokens, name]);
    }
  };
  walk(payload, []);
  return leaves;
}

/** What is known beside the session itself. */
export interface UserHints {
  /** The session before the login, where there was one. */
  readonly anonymous: object | undefined;
  /** What was typed in as the user's name. */
  readonly username: string | undefined;
}

/**
 * Where the user's id may lie, the likeliest first: by its name, by not having been there before the login, and by being what was
 * typed in. Empty where nothing looks like one.
 */
export function subjectCandidates(payload: object, { anonymous, username }: UserHints): Leaf[] {
  const before = new Map(
    (anonymous === undefined ? [] : leavesOf(anonymous)).map(({ pointer, value }) => [pointer, value]),
  );
  return leavesOf(payload)
    .filter(({ pointer, value, tokens }) => canBeId(value) && !isPlumbing(tokens) && before.get(pointer) !== value)
    .map((leaf) => ({
      leaf,
      score: nameScore(leaf.tokens) + (username !== undefined && leaf.value === username ? 3 : 0),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.leaf.tokens.length - b.leaf.tokens.length)
    .map(({ leaf }) => leaf);
}

/** Claim name → pointer, for what a token commonly says of a user. */
export function claimCandidates(payload: object): Record<string, string> {
  const leaves = leavesOf(payload).filter(({ tokens }) => !isPlumbing(tokens));
  const found: Record<string, string> = {};
  for (const [claim, { names, fits }] of Object.entries(CLAIMS)) {
    const fitting = leaves.filter(({ value, tokens }) => fits(value) && names.includes(lastOf(tokens)));
    const [best] = fitting.sort(
      (a, b) => names.indexOf(lastOf(a.tokens)) - names.indexOf(lastOf(b.tokens)) || a.tokens.length - b.tokens.length,
    );
    if (best !== undefined) found[claim] = best.pointer;
  }
  return found;
}

const isText = (value: JsonValue): boolean => typeof value === "string" && value !== "";
const CLAIMS = {
  name: { names: ["name", "displayname", "fullname", "username", "login"], fits: isText },
  email: { names: ["email", "mail", "emailaddress"], fits: isText },
  roles: { names: ["roles", "groups", "permissions", "scopes"], fits: (value: JsonValue) => Array.isArray(value) },
};

/** Whole pointers, in lower case, that applications are known to use. */
const KNOWN_POINTERS = ["/user/id", "/passport/user", "/passport/user/id", "/userid", "/user_id", "/uid", "/sub"];
const ID_NAMES = new Set(["id", "_id", "uid", "userid", "user_id", "sub", "subject", "accountid", "memberid"]);
const OWNERS = new Set(["user", "passport", "account", "auth", "member", "customer", "identity", "principal", "me"]);
const NAME_NAMES = new Set(["user", "username", "login", "email"]);
const PLUMBING =
  /csrf|xsrf|token|nonce|secret|flash|returnto|redirect|expires|^(?:state|visits?|views?|counter|cart|basket)$/i;

function nameScore(tokens: readonly string[]): number {
  const last = lastOf(tokens);
  const owner = tokens.at(-2)?.toLowerCase() ?? "";
  if (KNOWN_POINTERS.includes(`/${tokens.join("/").toLowerCase()}`)) return 5;
  if (ID_NAMES.has(last)) return OWNERS.has(owner) ? 5 : 3;
  return NAME_NAMES.has(last) ? 2 : 0;
}

function canBeId(value: JsonValue): boolean {
  return (typeof value === "string" && value !== "" && value.length <= 256) || Number.isSafeInteger(value);
}

function isPlumbing(tokens: readonly string[]): boolean {
  return tokens.some((token) => PLUMBING.test(token));
}

function lastOf(tokens: readonly string[]): string {
  return tokens.at(-1)?.toLowerCase() ?? "";
}

function pointerOf(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
