import { once } from "node:events";
import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { RedisStore } from "connect-redis";
import express, { type Express, type Request, type Response } from "express";
import session, { type SessionOptions } from "express-session";
import { Redis } from "ioredis";
import { type WebSocket, WebSocketServer } from "ws";

/** The ways in which real applications end a login: passport 0.7 regenerates, 0.5 takes the user out, many destroy, some set a flag. */
export type LogoutShape = "destroy" | "unset" | "regenerate" | "flag";

export interface User {
  readonly id: string;
  readonly name?: string;
  readonly roles?: readonly string[];
}

interface Stored {
  user?: User | undefined;
  loggedIn?: boolean;
  touched?: number;
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
}

/** A monolith with real express-session and connect-redis, whose answers can be held back and written by the test. */
export interface Legacy {
  readonly url: string;
  readonly seen: Seen[];
  /** Answers `/script/*`. */
  script: (req: Request, res: Response) => void;
  /** Requests that wait in `/hold/…` just now. */
  readonly held: number;
  /** Whether something waits in `/hold/…?gate=NAME`. */
  holds(gate: string): boolean;
  /** Lets everything go on that waits in `/hold/…`, or in `/hold/…?gate=NAME` alone. */
  release(gate?: string): void;
  readonly openStreams: number;
  close(): Promise<void>;
}

export async function startLegacy(options: {
  redisUrl: string;
  secrets: readonly string[];
  session?: Partial<SessionOptions>;
}): Promise<Legacy> {
  const redis = new Redis(options.redisUrl);
  redis.on("error", () => undefined);
  const sessions = session({
    store: new RedisStore({ client: redis }),
    secret: [...options.secrets],
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 30 * 60_000, sameSite: "lax" },
    ...options.session,
  });
  const seen: Seen[] = [];
  const waiting = new Map<() => void, string>();
  const streams = new Set<Response | WebSocket>();
  const app = express();
  app.disable("x-powered-by");
  app.use((req, _res, next) => {
    seen.push({ method: req.method, url: req.url, rawHeaders: req.rawHeaders });
    next();
  });
  app.use(sessions, express.json());
  const legacy: Omit<Legacy, "url" | "close"> = {
    seen,
    script: (_req, res) => void res.end(),
    get held() {
      return waiting.size;
    },
    holds: (gate) => [...waiting.values()].includes(gate),
    release(gate) {
      for (const [go, held] of waiting) {
        if (gate !== undefined && gate !== held) continue;
        waiting.delete(go);
        go();
      }
    },
    get openStreams() {
      return streams.size;
    },
  };
  addLogins(app);
  app.all("/script/*rest", (req, res) => legacy.script(req, res));
  // Waits for `release`, or for `?ms=…`.
  app.all("/hold/:what", async (req, res) => {
    const user = userOf(req);
    const { ms, gate } = req.query;
    await new Promise<void>((go) => {
      if (ms === undefined) waiting.set(go, String(gate));
      else setTimeout(go, Number(ms));
    });
    if (req.params["what"] === "save") {
      stored(req).touched = Math.random();
      await promisify(req.session.save.bind(req.session))();
    }
    res.json({ servedBy: "legacy", user });
  });
  app.get("/events", (req, res) => {
    res.set("content-type", "text/event-stream").write(`data: ${userOf(req) ?? "nobody"}\n\n`);
    streams.add(res);
    res.on("close", () => streams.delete(res));
  });
  app.use((req, res) => res.json(echo(req, userOf(req), req.sessionID)));
  const server = app.listen(0, "127.0.0.1");
  acceptSockets(server, sessions, streams);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    legacy.release();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    redis.disconnect();
  };
  return Object.assign(legacy, { url: `http://127.0.0.1:${port}`, close });
}

function stored(req: Request): Stored {
  return req.session;
}

function userOf(req: Request): string | null {
  const { user, loggedIn } = stored(req);
  return loggedIn === true ? (user?.id ?? null) : null;
}

function echo(req: Request, user: string | null, sid: string): object {
  const { method, originalUrl, rawHeaders } = req;
  return { servedBy: "legacy", user, sid, method, url: originalUrl, rawHeaders };
}

function addLogins(app: Express): void {
  app.post("/login", async (req, res) => {
    if (req.query["sid"] === "new") await promisify(req.session.regenerate.bind(req.session))();
    Object.assign(stored(req), { user: req.body as User, loggedIn: true });
    await promisify(req.session.save.bind(req.session))();
    res.json({ sid: req.sessionID });
  });
  app.post("/logout", async (req, res) => {
    const shape = req.query["shape"] as LogoutShape;
    if (shape === "destroy") await promisify(req.session.destroy.bind(req.session))();
    else if (shape === "regenerate") await promisify(req.session.regenerate.bind(req.session))();
    else if (shape === "flag") stored(req).loggedIn = false;
    else delete stored(req).user;
    if (shape === "flag" || shape === "unset") await promisify(req.session.save.bind(req.session))();
    res.json({ loggedOut: shape });
  });
}

function acceptSockets(server: Server, sessions: express.RequestHandler, streams: Set<Response | WebSocket>): void {
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (req: IncomingMessage, socket, head) => {
    void sessions(req as Request, new ServerResponse(req) as Response, () => {
      sockets.handleUpgrade(req, socket, head, (opened) => {
        streams.add(opened);
        opened.on("close", () => streams.delete(opened));
        opened.send(userOf(req as Request) ?? "nobody");
      });
    });
  });
}
