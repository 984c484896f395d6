import { until } from "../../doubles/until.ts";
import type { Legacy, LogoutShape } from "../traps/rig/legacy.ts";
import type { Random } from "./random.ts";
import type { Reply, SharedConnections } from "./shared-connections.ts";
import type { Trouble } from "./trouble.ts";

/** Whom an answer may name; null: nobody. */
type Expected = Set<string | null>;

const READS = ["/me", "/m/me", "/anything", "/split/x", "/private/x", "/hold/read?ms=8", "/m/me", "/me"] as const;
/** A rolling legacy overtakes its own logins: a late answer of its own puts the former cookie back. Modern's may not. */
const MODERN_READS = ["/m/me", "/private/x"] as const;
const SHAPES: readonly LogoutShape[] = ["destroy", "unset", "regenerate", "flag"];

interface Seen {
  readonly reply: Reply;
  readonly expected: Expected;
  readonly startedMs: number;
  readonly isExcused: () => boolean;
}

/** One browser with one cookie jar, whose users come and go. No name is ever used twice, so a name proves whose answer it is. */
export class FuzzedBrowser {
  readonly #name: string;
  readonly #connections: SharedConnections;
  readonly #random: Random;
  readonly #trouble: Trouble;
  readonly #origin: string;
  readonly #gates: Pick<Legacy, "holds" | "release">;
  readonly #whileChanging: readonly string[];
  readonly #jar = new Map<string, string>();
  readonly #underWay = new Set<Expected>();
  #now: (string | null)[] = [null];
  #logins = 0;
  /** How often Redis has lost everything. */
  #losses = 0;
  readonly violations: string[] = [];
  readonly counts = { legacy: 0, modern: 0, nobody: 0, unavailable: 0, logins: 0, logouts: 0, left: 0, late: 0 };

  constructor(options: {
    name: string;
    connections: SharedConnections;
    random: Random;
    trouble: Trouble;
    origin: string;
    /** Where legacy holds requests back. */
    gates: Pick<Legacy, "holds" | "release">;
    /** Whether answers renew the session cookie. */
    rolling: boolean;
  }) {
    this.#gates = options.gates;
    this.#whileChanging = options.rolling ? MODERN_READS : READS;
    this.#name = options.name;
    this.#connections = options.connections;
    this.#random = options.random;
    this.#trouble = options.trouble;
    this.#origin = options.origin;
  }

  async browseUntil(endMs: number): Promise<void> {
    while (performance.now() < endMs) {
      const dice = this.#random.below(100);
      if (dice < 12) await this.#logIn();
      else if (dice < 20) await this.#logOut();
      else if (dice < 30) await this.#readWhile(() => (this.#random.chance(0.5) ? this.#logIn() : this.#logOut()));
      else if (dice < 36) await this.#lateSave();
      else if (dice < 44) await this.#leave();
      else if (dice < 60) await Promise.all(Array.from({ length: 4 }, () => this.#read()));
      else await this.#read(this.#random.chance(0.2) ? "POST" : "GET");
    }
  }

  /** Redis has lost everything: until the next login this may be anybody who was, or nobody. */
  sessionsLost(): void {
    this.#losses++;
    this.#mayBecome(null);
  }

  /** From now on an answer may name `next` as well. */
  #mayBecome(next: string | null): void {
    for (const expected of this.#underWay) expected.add(next);
    this.#now = [...new Set([...this.#now, next])];
  }

  async #logIn(sid: "kept" | "new" = this.#random.pick(["kept", "new"])): Promise<void> {
    const user = `${this.#name}-${++this.#logins}`;
    this.#mayBecome(user);
    // The former session is gone a moment before the browser has the cookie of the new one.
    if (sid === "new") this.#mayBecome(null);
    const body = JSON.stringify({ id: user, name: user, roles: ["customer"] });
    if (await this.#change(`/login?sid=${sid}`, body)) this.#now = [user];
    this.counts.logins++;
  }

  async #logOut(shape: LogoutShape = this.#random.pick(SHAPES)): Promise<void> {
    this.#mayBecome(null);
    if (await this.#change(`/logout?shape=${shape}`, "")) this.#now = [null];
    this.counts.logouts++;
  }

  /** Whether it is certain now who this is. */
  async #change(path: string, body: string): Promise<boolean> {
    const losses = this.#losses;
    const startedMs = performance.now();
    try {
      const reply = await this.#send("POST", path, { body });
      if (reply === "left") return false;
      if (reply.status === 200) return this.#losses === losses;
      this.#judgeFailure(`POST ${path}`, reply, startedMs);
    } catch (error) {
      this.#judgeCut(`POST ${path}`, error, startedMs);
    }
    return false;
  }

  async #readWhile(change: () => Promise<void>): Promise<void> {
    const read = () => this.#read("GET", this.#random.pick(this.#whileChanging));
    const reads = [read(), read(), read()];
    await change();
    await Promise.all([...reads, read(), read()]);
  }

  /** A slow request of legacy saves the session after the logout has destroyed it. */
  async #lateSave(): Promise<void> {
    const fromMs = performance.now();
    const losses = this.#losses;
    await this.#logIn("new");
    await this.#read("GET", "/m/me");
    const [user] = this.#now;
    if (this.#now.length > 1 || user === null || user === undefined) return;
    let isLate = true;
    const late = this.#read("GET", `/hold/save?gate=${user}`).then(() => {
      isLate = false;
    });
    // Legacy knows the user by then; or the request was cut, or refused.
    await until("legacy is at work on it", () => this.#gates.holds(user) || !isLate);
    await this.#logOut("destroy");
    // figway has seen the logout, unless it could not read the store. What legacy makes of it is legacy's affair.
    // And without its session the slow request begins one of its own, whose cookie is legacy's affair as well.
    const isExcused = () => this.#losses !== losses || !this.#trouble.isQuietSince(fromMs);
    await this.#read("GET", "/m/me", isExcused);
    // The late answer sets the former cookie again, and may find that of the next user.
    if (this.#random.chance(0.5)) await this.#logIn("new");
    this.#gates.release(user);
    await late;
    await this.#read("GET", "/m/me", isExcused);
    if (!isExcused()) this.counts.late++;
    this.#mayBecome(user);
    this.#mayBecome(null);
    await this.#logIn("new");
  }

  async #leave(): Promise<void> {
    this.counts.left++;
    const path = this.#random.pick(READS);
    const leaveAfterMs = this.#random.below(12);
    try {
      await this.#send(this.#random.pick(["GET", "HEAD", "POST"]), path, { leaveAfterMs });
    } catch {
      // It wanted to leave anyway.
    }
  }

  async #read(method = "GET", path: string = this.#random.pick(READS), isExcused = () => false): Promise<void> {
    const expected: Expected = new Set(this.#now);
    this.#underWay.add(expected);
    const startedMs = performance.now();
    try {
      const reply = await this.#send(method, path, method === "POST" ? { body: "x=1" } : {});
      if (reply !== "left") this.#judge(`${method} ${path}`, { reply, expected, startedMs, isExcused });
    } catch (error) {
      this.#judgeCut(`${method} ${path}`, error, startedMs);
    } finally {
      this.#underWay.delete(expected);
    }
  }

  #judge(what: string, seen: Seen): void {
    const { reply, expected, startedMs, isExcused } = seen;
    if (reply.status === 401 && what.includes("/private/")) {
      if (!expected.has(null)) this.#violated(`${what}: ${[...expected].join()} lost the session`);
      this.counts.nobody++;
      return;
    }
    if (reply.status !== 200) return this.#judgeFailure(what, reply, startedMs);
    const { user, servedBy } = JSON.parse(reply.text) as { user: string | null; servedBy: "legacy" | "modern" };
    if (!expected.has(user) && !isExcused()) {
      this.#violated(`${what}: expected ${[...expected].join()}, and ${servedBy} answered as ${user}`);
    }
    this.counts[user === null ? "nobody" : servedBy]++;
  }

  #judgeFailure(what: string, reply: Reply, startedMs: number): void {
    if (reply.status !== 503 || !this.#trouble.excusesUnavailable(startedMs, performance.now())) {
      this.#violated(`${what}: ${reply.status} ${reply.text.slice(0, 200)}`);
    }
    this.counts.unavailable++;
  }

  #judgeCut(what: string, error: unknown, startedMs: number): void {
    if (!this.#trouble.excusesCut(startedMs, performance.now())) this.#violated(`${what}: ${String(error)}`);
  }

  #violated(what: string): void {
    this.violations.push(`${this.#name} at ${performance.now().toFixed(0)}: ${what}`);
  }

  async #send(method: string, path: string, more: { body?: string; leaveAfterMs?: number }): Promise<Reply | "left"> {
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers: Record<string, string> = { origin: this.#origin, ...(cookie === "" ? {} : { cookie }) };
    if (more.body !== undefined) headers["content-length"] = String(Buffer.byteLength(more.body));
    if (more.body?.startsWith("{") === true) headers["content-type"] = "application/json";
    const reply = await this.#connections.send({ method, path, headers, ...more });
    if (reply !== "left") for (const line of reply.setCookies) this.#keep(line);
    return reply;
  }

  #keep(line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.#jar.delete(name);
    else this.#jar.set(name, value);
  }
}
