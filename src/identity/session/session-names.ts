import { LRUCache } from "lru-cache";
import { decodeCookieValue } from "../cookies/cookie-values.ts";
import { unsignSessionId } from "../cookies/unsign-session-id.ts";
import { sessionHandle } from "./session-handle.ts";
import type { SessionName } from "./session-record.ts";

/**
 * Which session a cookie value names. Verified values are remembered: the answer depends on nothing but the value and what is
 * fixed here. Values that fail are not, so that nobody can push out others by sending rubbish.
 */
export class SessionNames {
  readonly #secrets: readonly string[];
  readonly #prefix: string;
  readonly #handleKey: Uint8Array;
  readonly #byValue: LRUCache<string, SessionName>;
  readonly #byHandle: LRUCache<string, SessionName>;

  constructor(options: { secrets: readonly string[]; prefix: string; handleKey: Uint8Array; max: number }) {
    this.#secrets = options.secrets;
    this.#prefix = options.prefix;
    this.#handleKey = options.handleKey;
    this.#byValue = new LRUCache({ max: options.max });
    this.#byHandle = new LRUCache({ max: options.max });
  }

  /** The session that the raw cookie value names, or undefined when no secret signed it. */
  named(rawValue: string): SessionName | undefined {
    const known = this.#byValue.get(rawValue);
    if (known !== undefined) {
      // Both age alike: a session in use is found by its handle as well, or nothing would prolong it any more.
      this.#byHandle.get(known.handle);
      return known;
    }
    const id = unsignSessionId(decodeCookieValue(rawValue), this.#secrets);
    if (id === undefined) return undefined;
    const handle = sessionHandle(id, this.#handleKey);
    const name = this.#byHandle.get(handle) ?? { id, key: this.#prefix + id, handle };
    // A copy: a part of a string keeps the whole Cookie field in memory.
    this.#byValue.set(Buffer.from(rawValue, "latin1").toString("latin1"), name);
    this.#byHandle.set(handle, name);
    return name;
  }

  withHandle(handle: string): SessionName | undefined {
    return this.#byHandle.get(handle);
  }
}
