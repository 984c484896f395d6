import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { refuseUpgrade, type Ticker } from "../demo/ticker.ts";
import { authenticate, type Verifier } from "../src/verify.ts";
import type { CredentialsWatch } from "./credentials-watch.ts";
import { shopUserFrom } from "./shop-user.ts";

export type UpgradeListener = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The WebSocket `/ticker`: the user is whom the bearer token of the upgrade request names. */
export function upgradeListener(services: {
  verifier: Verifier;
  ticker: Ticker;
  watch: CredentialsWatch;
  log: (line: string) => void;
}): UpgradeListener {
  const { verifier, ticker, watch, log } = services;
  return (req, socket, head) => {
    // A client may leave while its token is being verified.
    socket.on("error", () => socket.destroy());
    watch.noteCookies(req);
    void answer(req, socket, head);
  };

  async function answer(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (req.url?.split("?", 1)[0] !== "/ticker") {
      const body = JSON.stringify({ type: "about:blank", title: "Not Found", status: 404 });
      return refuseUpgrade(socket, { status: "404 Not Found", contentType: "application/problem+json", body });
    }
    const authentication = await authenticate(verifier, req);
    if (authentication.kind === "refused") {
      const { status, headers, body } = authentication.refusal;
      const fields = Object.entries(headers).filter(([name]) => name !== "content-type");
      log(`GET ${req.url} ${status} - (websocket)`);
      return refuseUpgrade(socket, {
        status: `${status} ${status === 401 ? "Unauthorized" : "Service Unavailable"}`,
        contentType: "application/problem+json",
        body,
        fields: fields.map(([name, value]) => `${name}: ${value}`),
      });
    }
    const user = authentication.kind === "user" ? shopUserFrom(authentication.user).name : null;
    log(`GET ${req.url} 101 ${user ?? "-"} (websocket)`);
    ticker.accept({ req, socket, head, user });
  }
}
