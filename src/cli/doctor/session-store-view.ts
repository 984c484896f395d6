import { Redis } from "ioredis";
import { describeError } from "../../telemetry/log.ts";
import { CommandFailure } from "../command-failure.ts";

/** What lies under a key. */
export interface StoredText {
  readonly key: string;
  readonly database: number;
  /** undefined: something other than a string. */
  readonly text: string | undefined;
  /** undefined: it has no end. */
  readonly remainingMs: number | undefined;
  /** When it was read, in monotonic milliseconds. */
  readonly readAtMs: number;
}

export type Search =
  | { readonly kind: "found"; readonly key: string; readonly database: number }
  /** `complete`: every key of every database was looked at. */
  | { readonly kind: "not-found"; readonly complete: boolean; readonly looked: number };

/** Legacy's session store, only ever read. */
export interface SessionStoreView {
  /** The database in the configured address. */
  readonly database: number;
  read(key: string, database?: number): Promise<StoredText | undefined>;
  /** Looks for a key that ends in this session id, in this database first, for a bounded time. */
  search(sessionId: string): Promise<Search>;
  /** How far this machine's clock is ahead of Redis's, in milliseconds. */
  skewMs(): Promise<number>;
  /** `notify-keyspace-events`; undefined where Redis does not tell. */
  keyspaceEvents(): Promise<string | undefined>;
  close(): void;
}

const TIMEOUT_MS = 3_000;
const SEARCH_MS = 3_000;
const SCAN_COUNT = 1_000;
const MAX_SCANS = 500;
const NO_KEY = -2;
const GLOB_SPECIAL = /[\\*?[\]]/g;

/** @throws CommandFailure where Redis cannot be reached or does not let us in */
export async function openSessionStoreView(url: string): Promise<SessionStoreView> {
  const redis = connectForLooking(url);
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    const cause = redis.lastError === undefined ? error : redis.lastError;
    throw new CommandFailure(
      `Redis does not answer at ${withoutPassword(url)} (${describeError(cause)}): start it, or correct identity.session.store.`,
      { cause: error },
    );
  }
  const home = redis.options.db ?? 0;
  let selected = home;
  const select = async (database: number) => {
    if (database !== selected) await redis.select(database);
    selected = database;
  };
  return {
    database: home,
    async read(key, database = home) {
      await select(database);
      return readKey(redis, key, database);
    },
    search: (sessionId) => searchFor(redis, { sessionId, home, select }),
    async skewMs() {
      const before = Date.now();
      const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
      return (before + Date.now()) / 2 - (seconds * 1_000 + microseconds / 1_000);
    },
    async keyspaceEvents() {
      try {
        const [, value] = await redis.config("GET", "notify-keyspace-events");
        return value;
      } catch {
        // Managed servers forbid CONFIG; then only a trial tells.
        return undefined;
      }
    },
    close: () => redis.disconnect(),
  };
}

/** A connection that gives up rather than tries again. */
export function connectForLooking(url: string): Redis & { lastError?: Error } {
  const redis: Redis & { lastError?: Error } = new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    retryStrategy: () => null,
  });
  // "Connection is closed." is all that the failed command says of why.
  redis.on("error", (error) => {
    redis.lastError = error;
  });
  return redis;
}

/** The address without user and password, fit to be shown. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return shown.href.replace(/\/$/, "");
}

/** The same server, another database. */
export function withDatabase(url: string, database: number): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function readKey(redis: Redis, key: string, database: number): Promise<StoredText | undefined> {
  const replies = (await redis.pipeline().get(key).pttl(key).exec()) ?? [];
  const readAtMs = performance.now();
  const [getError, text] = replies[0] ?? [];
  const remaining = Number(replies[1]?.[1]);
  const isOther = getError?.message.startsWith("WRONGTYPE") === true;
  if (getError !== null && getError !== undefined && !isOther) {
    throw new CommandFailure(`Redis does not let sessions be read: ${getError.message}`, { cause: getError });
  }
  if (remaining === NO_KEY || (text === null && !isOther)) return undefined;
  return {
    key,
    database,
    text: isOther ? undefined : String(text),
    remainingMs: remaining < 0 ? undefined : remaining,
    readAtMs,
  };
}

async function searchFor(
  redis: Redis,
  { sessionId, home, select }: { sessionId: string; home: number; select: (database: number) => Promise<void> },
): Promise<Search> {
  const deadline = performance.now() + SEARCH_MS;
  const pattern = `*${sessionId.replace(GLOB_SPECIAL, "\\$&")}`;
  let scans = 0;
  let complete = true;
  try {
    for (const database of await databasesToSearch(redis, home)) {
      try {
        await select(database);
      } catch {
        // An ACL may forbid SELECT, a cluster has one database: then what was seen is all there is to see.
        complete = false;
        continue;
      }
      let cursor = "0";
      do {
        const [next, keys] = await redis.scan(cursor, "MATCH", pattern, "COUNT", SCAN_COUNT);
        scans++;
        const [key] = keys;
        if (key !== undefined) return { kind: "found", key, database };
        cursor = next;
        if (scans >= MAX_SCANS || performance.now() > deadline)
          return { kind: "not-found", complete: false, looked: scans * SCAN_COUNT };
      } while (cursor !== "0");
    }
    return { kind: "not-found", complete, looked: scans * SCAN_COUNT };
  } finally {
    await select(home);
  }
}

/** Those that hold keys, the configured one first; all sixteen (Redis's default) where INFO is not allowed. */
async function databasesToSearch(redis: Redis, home: number): Promise<number[]> {
  let inUse: number[];
  try {
    inUse = [...(await redis.info("keyspace")).matchAll(/^db(\d+):/gm)].map(([, database]) => Number(database));
  } catch {
    inUse = Array.from({ length: 16 }, (_, database) => database);
  }
  return [home, ...inUse.filter((database) => database !== home)];
}
