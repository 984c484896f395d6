import express, { type Express } from "express";
import { openOrderBook } from "../demo/order-book.ts";
import { createTicker } from "../demo/ticker.ts";
import { createVerifier, type TokenAlgorithm } from "../src/verify.ts";
import { watchCredentials } from "./credentials-watch.ts";
import { refuseErrors, refuseUnknownPath } from "./problem.ts";
import { requestLog } from "./request-log.ts";
import { apiRoutes } from "./routes/api.ts";
import { pageRoutes } from "./routes/pages.ts";
import { type UpgradeListener, upgradeListener } from "./upgrade.ts";

export interface ModernAppOptions {
  /** figway's key set. */
  readonly jwksUrl: string | URL;
  /** Default figway. */
  readonly issuer?: string;
  /** Default shop-modern. */
  readonly audience?: string;
  /** Default ES256 alone. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /** The pause between two orders on the ticker. Default 1,000. */
  readonly tickMs?: number;
  /** Where placed orders are kept (see OrderBookOptions). Default: in memory. */
  readonly ordersDirectory?: string | undefined;
  /** Gets one line per request. Default: none is written. */
  readonly log?: (line: string) => void;
  /** Gets what must not be overlooked, such as a cookie that arrived. Default: console.warn. */
  readonly warn?: (line: string) => void;
}

export interface ModernApp {
  readonly app: Express;
  readonly onUpgrade: UpgradeListener;
  /** WebSocket clients at this moment. */
  openSockets(): number;
  endStreams(): void;
}

/** The token service: no session, no cookie, no Redis. Who the user is comes with each request, signed. */
export function createModernApp(options: ModernAppOptions): ModernApp {
  const { jwksUrl, issuer = "figway", audience = "shop-modern", algorithms = ["ES256"], tickMs = 1_000 } = options;
  const log = options.log ?? (() => {});
  const verifier = createVerifier({ jwksUrl, issuer, audience, algorithms });
  const orders = openOrderBook({ directory: options.ordersDirectory });
  const ticker = createTicker({ servedBy: "modern", tickMs });
  const watch = watchCredentials(options.warn ?? ((line) => console.warn(line)));

  const app = express();
  app.disable("x-powered-by");
  app.get("/healthz", (_req, res) => {
    res.json({ status: "ok" });
  });
  app.get("/api/last-request", watch.answerLastRequest);
  app.use(requestLog(log), watch.middleware);
  app.use(apiRoutes(verifier, orders), pageRoutes(verifier, orders));
  app.use(refuseUnknownPath);
  app.use(refuseErrors(log));

  return {
    app,
    onUpgrade: upgradeListener({ verifier, ticker, watch, log }),
    openSockets: () => ticker.count(),
    endStreams: () => ticker.endAll(),
  };
}
