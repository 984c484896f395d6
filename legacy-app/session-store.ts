import { RedisStore } from "connect-redis";
import type { RequestHandler } from "express";
import session from "express-session";
import { Redis } from "ioredis";
import type { ShopUser } from "../demo/shop-data.ts";

declare module "express-session" {
  interface SessionData {
    user?: ShopUser;
    /** Product id → quantity. */
    cart?: Record<string, number>;
  }
}

/** The session can neither be read nor written just now: the request is answered with 503, never as anonymous. */
export class SessionStoreUnavailable extends Error {
  override readonly name = "SessionStoreUnavailable";
}

export interface SessionStore {
  /** express-session; whatever fails in it arrives in `next` as SessionStoreUnavailable. */
  readonly middleware: RequestHandler;
  /** Resolves once the first attempt to reach Redis has ended, well or badly. */
  readonly firstAttempt: Promise<void>;
  /** Whether Redis answers. */
  answers(): Promise<boolean>;
  close(): void;
}

export interface SessionStoreOptions {
  readonly redisUrl: string;
  /** The first signs, all verify. */
  readonly secrets: readonly string[];
  /** How long a session lives without a request. */
  readonly maxAgeMs: number;
  readonly log: (line: string) => void;
}

export function connectSessionStore({ redisUrl, secrets, maxAgeMs, log }: SessionStoreOptions): SessionStore {
  const redis = connectRedis(redisUrl, log);
  const run = session({
    store: new RedisStore({ client: redis }),
    secret: [...secrets],
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: { maxAge: maxAgeMs, httpOnly: true, sameSite: "lax" },
  });
  return {
    middleware: (req, res, next) => {
      let passedOn = false;
      run(req, res, (error?: unknown) => {
        // express-session calls a second time when the touch or save at the end of an answer fails. The answer is then on its way,
        // the log has the outage, and express would only print the error once more for every request.
        if (passedOn) return;
        passedOn = true;
        next(error === undefined || error === null ? undefined : unavailable(error));
      });
    },
    firstAttempt: new Promise((resolve) => {
      redis.once("ready", resolve);
      redis.once("error", () => resolve());
    }),
    async answers() {
      try {
        return (await redis.ping()) === "PONG";
      } catch {
        // Why it does not answer is in the log since the connection was lost.
        return false;
      }
    },
    close: () => redis.disconnect(),
  };
}

/** Turns a callback of express-session into a promise that fails as the middleware does. */
export function awaitStore(action: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    action((error) => (error === undefined || error === null ? resolve() : reject(unavailable(error))));
  });
}

function unavailable(cause: unknown): SessionStoreUnavailable {
  return new SessionStoreUnavailable(cause instanceof Error ? cause.message : "the session store failed", { cause });
}

/** A client that fails at once rather than queue, and comes back by itself within a quarter of a second. */
function connectRedis(url: string, log: (line: string) => void): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 500,
    connectTimeout: 1_000,
    // A server that is frozen rather than gone closes no socket: without this the client would wait for it for ever.
    socketTimeout: 2_000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 250),
  });
  let connected: boolean | undefined;
  redis.on("ready", () => {
    if (connected !== true) log("session store: connected");
    connected = true;
  });
  // ioredis reports every failed attempt; one line when the state changes is enough.
  redis.on("error", (error: NodeJS.ErrnoException) => {
    if (connected !== false) log(`session store: not reachable (${error.code ?? error.message}), trying again`);
    connected = false;
  });
  redis.on("close", () => {
    if (connected === true) log("session store: connection lost, trying again");
    connected = false;
  });
  return redis;
}
