import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { RedisStore } from "connect-redis";
import express, { type Request, type Response } from "express";
import session, { type SessionData, type SessionOptions } from "express-session";
import { Redis } from "ioredis";

/** A legacy application with a login form, as real ones differ: each option is a way in which one does. */
export interface LegacyDouble {
  readonly url: string;
  /** Method and path of every request, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export interface LegacyOptions {
  /** With the database, as in redis://host:port/3. */
  readonly redisUrl: string;
  readonly session?: Partial<SessionOptions>;
  readonly prefix?: string;
  readonly ttlSeconds?: number;
  readonly disableTouch?: boolean;
  /** Whether the login gives the session a new id. Default: true. */
  readonly rotates?: boolean;
  /** Where a login puts the user. Default: `user`. */
  readonly shape?: "user" | "passport" | "flagged" | "opaque";
  /** What a logout does. Default: `destroy`. */
  readonly logout?: "destroy" | "unset" | "regenerate" | "flag" | "nothing";
  readonly logoutBy?: "POST" | "GET";
  /** Whether a login is saved before it is answered, by so many milliseconds of delay afterwards if not. */
  readonly savesLateByMs?: number;
  /** Whether forms carry a token that is kept in the session. */
  readonly csrf?: boolean;
  readonly trustProxy?: boolean;
  /** Counts the visits of each page in the session. */
  readonly countsVisits?: boolean;
}

export const LEGACY_SECRET = "a secret of legacy";
const PAGE = "/account";

export async function startLegacyDouble(options: LegacyOptions): Promise<LegacyDouble> {
  const redis = new Redis(options.redisUrl);
  const requests: string[] = [];
  const app = express();
  if (options.trustProxy === true) app.set("trust proxy", true);
  app.use((req, _res, next) => {
    requests.push(`${req.method} ${req.path}`);
    next();
  });
  app.use(express.urlencoded({ extended: false }));
  app.use(
    session({
      store: storeOf(redis, options),
      secret: LEGACY_SECRET,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 600_000, sameSite: "lax" },
      ...options.session,
    }),
  );
  addPages(app, options);
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      redis.disconnect();
    },
  };
}

function storeOf(redis: Redis, { prefix, ttlSeconds, disableTouch, savesLateByMs }: LegacyOptions): RedisStore {
  const store = new RedisStore({
    client: redis,
    disableTouch: disableTouch === true,
    ...(prefix === undefined ? {} : { prefix }),
    ...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }),
  });
  if (savesLateByMs !== undefined) {
    const set = store.set.bind(store);
    store.set = (sid: string, data: SessionData, done?: (error?: unknown) => void) =>
      new Promise((resolve) => {
        setTimeout(() => resolve(set(sid, data, done)), savesLateByMs);
      });
  }
  return store;
}

type Stored = Record<string, unknown>;

function addPages(app: express.Express, options: LegacyOptions): void {
  const { logoutBy = "POST" } = options;
  app.get("/", (_req, res) => void res.send("<h1>Home</h1>"));
  app.get("/login", (req, res) => void res.send(loginForm(req, options)));
  app.post("/login", (req, res) => logIn(req, res, options));
  app.get(PAGE, (req, res) => {
    const data = dataOf(req);
    if (options.countsVisits === true) data["hits"] = Number(data["hits"] ?? 0) + 1;
    res.send(accountPage(req, options));
  });
  if (logoutBy === "GET") app.get("/logout", (req, res) => logOut(req, res, options));
  else app.post("/logout", (req, res) => logOut(req, res, options));
}

function loginForm(req: Request, { csrf }: LegacyOptions): string {
  return `<form method="post" action="/search"><input name="q"></form>
<form class="login" action="/login?from=form" method='POST'>${csrf === true ? tokenField(req) : ""}
<input type=hidden name=next value="/a&amp;b"><input name="mail" type="email"><input NAME="secret word" TYPE="password">
<input type="checkbox" name="remember" value="yes" checked><button>Go</button></form>`;
}

function accountPage(req: Request, { csrf, logoutBy = "POST" }: LegacyOptions): string {
  if (logoutBy === "GET") return `<a class="x" href="/logout?now=1">Log out</a>`;
  return `<form action="/logout" method="post">${csrf === true ? tokenField(req) : ""}<button>Log out</button></form>`;
}

/** A token, and an id that visitors have before they log in. */
function tokenField(req: Request): string {
  const data = dataOf(req);
  data["uid"] ??= "v-1";
  data["csrf"] ??= 'token "of" the session';
  return `<input type="hidden" name="_csrf" value="${String(data["csrf"]).replaceAll('"', "&quot;")}">`;
}

function dataOf(req: Request): Stored {
  return req.session as unknown as Stored;
}

async function logIn(req: Request, res: Response, options: LegacyOptions): Promise<void> {
  const form = (req.body ?? {}) as Record<string, string | undefined>;
  const hasToken = options.csrf !== true || form["_csrf"] === dataOf(req)["csrf"];
  if (!hasToken || form["next"] !== "/a&b" || form["remember"] !== "yes") return void res.status(403).end();
  if (form["secret word"] !== "right") return void res.send(loginForm(req, options));
  if (options.rotates !== false) await promisify(req.session.regenerate.bind(req.session))();
  Object.assign(dataOf(req), userIn(options, form["mail"] ?? ""));
  if (options.savesLateByMs === undefined) await promisify(req.session.save.bind(req.session))();
  res.redirect(303, PAGE);
}

function userIn({ shape = "user" }: LegacyOptions, name: string): Stored {
  switch (shape) {
    case "user":
      return { user: { id: 42, name, roles: ["customer"], email: `${name}@example.org` } };
    case "passport":
      return { passport: { user: "u-42" } };
    case "flagged":
      return { user: { id: 42, name }, isLoggedIn: true };
    case "opaque":
      return { author: name };
  }
}

async function logOut(req: Request, res: Response, { csrf, logout = "destroy" }: LegacyOptions): Promise<void> {
  const data = dataOf(req);
  const form = (req.body ?? {}) as Record<string, string | undefined>;
  if (csrf === true && form["_csrf"] !== data["csrf"]) return void res.status(403).end();
  if (logout === "destroy") {
    await promisify(req.session.destroy.bind(req.session))();
    res.clearCookie("connect.sid");
  } else if (logout === "regenerate") {
    await promisify(req.session.regenerate.bind(req.session))();
    dataOf(req)["flash"] = "Goodbye";
  } else if (logout === "unset") {
    delete data["user"];
    data["passport"] = {};
  } else if (logout === "flag") data["isLoggedIn"] = false;
  res.redirect(303, "/");
}
