import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { RedisStore as RedisStore8 } from "connect-redis";
import { RedisStore as RedisStore10 } from "connect-redis-10";
import express from "express";
import session, { type SessionOptions, type Store } from "express-session";
import { Redis } from "ioredis";

/** What the application keeps in a session. */
interface AppSession {
  user?: AppUser;
  cart?: string[];
}

export interface AppUser {
  readonly id: string | number;
  readonly name?: string;
  readonly roles?: readonly string[];
}

/** The ways in which real applications end a login: passport 0.7 regenerates, passport 0.5 takes the user out, many destroy. */
export type LogoutShape = "destroy" | "unset" | "regenerate";

export type ConnectRedisVersion = 8 | 10;

/** A small legacy application: real express-session and connect-redis on a real Redis. */
export interface SessionApp {
  readonly url: string;
  readonly port: number;
  /** Requests answered so far. */
  readonly answered: number;
  close(): Promise<void>;
}

export interface SessionAppOptions {
  readonly redisUrl: string;
  readonly connectRedis?: ConnectRedisVersion;
  readonly session?: Partial<SessionOptions>;
  readonly ttlSeconds?: number;
}

export const APP_SECRET = "a secret of the application";

export async function startSessionApp(options: SessionAppOptions): Promise<SessionApp> {
  const redis = new Redis(options.redisUrl);
  redis.on("error", () => undefined);
  let answered = 0;
  const app = express();
  app.use((_req, res, next) => {
    res.on("finish", () => answered++);
    next();
  });
  app.use(express.json());
  app.use(
    session({
      store: storeOf(redis, options),
      secret: APP_SECRET,
      resave: false,
      saveUninitialized: false,
      ...options.session,
    }),
  );
  addRoutes(app);
  const server: Server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get answered() {
      return answered;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      redis.disconnect();
    },
  };
}

function storeOf(redis: Redis, { connectRedis = 8, ttlSeconds }: SessionAppOptions): Store {
  const ttl = ttlSeconds === undefined ? {} : { ttl: ttlSeconds };
  if (connectRedis === 8) return new RedisStore8({ client: redis, ...ttl });
  return new RedisStore10({ client: asNodeRedis(redis) as never, ...ttl });
}

/** connect-redis 9 and 10 speak node-redis's dialect only; given a raw ioredis client they store nothing, without an error. */
function asNodeRedis(redis: Redis): object {
  return {
    get: (key: string) => redis.get(key),
    set: (key: string, value: string, options?: { expiration?: { type: "EX"; value: number } }) =>
      options?.expiration === undefined ? redis.set(key, value) : redis.set(key, value, "EX", options.expiration.value),
    expire: (key: string, seconds: number) => redis.expire(key, seconds),
    del: (keys: string | string[]) => redis.del([keys].flat()),
  };
}

function addRoutes(app: express.Express): void {
  app.post("/login", (req, res) => logIn(req, res));
  app.post("/logout", (req, res) => logOut(req, res));
  app.post("/cart", (req, res) => {
    const data = dataOf(req);
    data.cart = [...(data.cart ?? []), "a thing"];
    res.json(data.cart);
  });
  app.get("/me", (req, res) => {
    const { user = null, cart = null } = dataOf(req);
    res.json({ sid: req.sessionID, user, cart });
  });
}

function dataOf(req: express.Request): AppSession {
  return req.session as unknown as AppSession;
}

async function logIn(req: express.Request, res: express.Response): Promise<void> {
  if (req.query["sid"] === "new") await promisify(req.session.regenerate.bind(req.session))();
  dataOf(req).user = req.body as AppUser;
  res.json({ id: req.sessionID });
}

async function logOut(req: express.Request, res: express.Response): Promise<void> {
  const shape = req.query["shape"] as LogoutShape;
  if (shape === "destroy") await promisify(req.session.destroy.bind(req.session))();
  else if (shape === "regenerate") await promisify(req.session.regenerate.bind(req.session))();
  else delete dataOf(req).user;
  res.json({});
}

/** A browser with one cookie jar entry: whatever the application set last. */
export class AppBrowser {
  readonly #url: string;
  cookie: string | undefined;

  constructor(app: Pick<SessionApp, "url">) {
    this.#url = app.url;
  }

  get cookieFields(): string[] {
    return this.cookie === undefined ? [] : [this.cookie];
  }

  logIn(user: AppUser, sid: "kept" | "new" = "kept"): Promise<unknown> {
    return this.send("POST", `/login?sid=${sid}`, user);
  }

  logOut(shape: LogoutShape): Promise<unknown> {
    return this.send("POST", `/logout?shape=${shape}`);
  }

  async send(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.#url + path, {
      method,
      headers: { "content-type": "application/json", ...(this.cookie === undefined ? {} : { cookie: this.cookie }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [set] = answer.headers.getSetCookie();
    if (set !== undefined) this.cookie = set.split(";")[0] as string;
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
