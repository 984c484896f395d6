import express, { type Express } from "express";
import { openOrderBook } from "../demo/order-book.ts";
import { createTicker } from "../demo/ticker.ts";
import { answerErrors, answerNotFound } from "./refusals.ts";
import { requestLog } from "./request-log.ts";
import { apiRoutes } from "./routes/api.ts";
import { cartRoutes } from "./routes/cart.ts";
import { eventStreams } from "./routes/events.ts";
import { loginRoutes } from "./routes/login.ts";
import { shopRoutes } from "./routes/shop.ts";
import { transferRoutes } from "./routes/transfer.ts";
import { connectSessionStore, type SessionStore } from "./session-store.ts";
import { type UpgradeListener, upgradeListener } from "./upgrade.ts";

export interface LegacyAppOptions {
  readonly redisUrl: string;
  /** Signs the session cookie. Of several, the first signs and all verify. */
  readonly sessionSecret: string | readonly string[];
  /** How long a session lives without a request. Default 1,800,000 (30 minutes). */
  readonly sessionMaxAgeMs?: number;
  /** The pause between two orders on the tickers. Default 1,000. */
  readonly tickMs?: number;
  /** The pause between two heartbeats of the event stream. Default 15,000. */
  readonly heartbeatMs?: number;
  /** Where placed orders are kept (see OrderBookOptions). Default: in memory. */
  readonly ordersDirectory?: string | undefined;
  /** Gets one line per request. Default: none is written. */
  readonly log?: (line: string) => void;
}

export interface LegacyApp {
  readonly app: Express;
  readonly onUpgrade: UpgradeListener;
  /** Clients of the event stream and of the WebSocket at this moment. */
  openStreams(): { readonly events: number; readonly sockets: number };
  endStreams(): void;
  /** Resolves once it is known whether Redis is there; before that, no session can be read. */
  readonly firstAttempt: Promise<void>;
  /** Lets go of Redis. */
  close(): void;
}

/** The shop monolith: a session in Redis, pages made on the server, forms. */
export function createLegacyApp(options: LegacyAppOptions): LegacyApp {
  const { redisUrl, sessionSecret, sessionMaxAgeMs = 30 * 60_000, tickMs = 1_000, heartbeatMs = 15_000 } = options;
  const log = options.log ?? (() => {});
  const secrets = typeof sessionSecret === "string" ? [sessionSecret] : sessionSecret;
  const sessions = connectSessionStore({ redisUrl, secrets, maxAgeMs: sessionMaxAgeMs, log });
  const orders = openOrderBook({ directory: options.ordersDirectory });
  const ticker = createTicker({ servedBy: "legacy", tickMs });
  const events = eventStreams({ tickMs, heartbeatMs });

  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", "loopback");
  app.get("/healthz", answerHealth(sessions));
  app.use(requestLog(log));
  app.use(sessions.middleware);
  app.use(loginRoutes(), shopRoutes(orders), cartRoutes(orders), apiRoutes(orders), transferRoutes(), events.router);
  app.use(answerNotFound);
  app.use(answerErrors(log));

  return {
    app,
    onUpgrade: upgradeListener({ sessions, ticker, log }),
    openStreams: () => ({ events: events.count(), sockets: ticker.count() }),
    endStreams() {
      events.endAll();
      ticker.endAll();
    },
    firstAttempt: sessions.firstAttempt,
    close: () => sessions.close(),
  };
}

/** Without its sessions the shop can only say that it cannot: not a place to send people to. */
function answerHealth(sessions: SessionStore): express.RequestHandler {
  return async (_req, res) => {
    if (await sessions.answers()) res.json({ status: "ok", redis: "answers" });
    else res.status(503).set("retry-after", "1").json({ status: "unavailable", redis: "does not answer" });
  };
}
