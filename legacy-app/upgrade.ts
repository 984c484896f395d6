import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Request, Response } from "express";
import { refuseUpgrade, type Ticker } from "../demo/ticker.ts";
import type { SessionStore } from "./session-store.ts";

export type UpgradeListener = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The WebSocket `/ticker`, as the user of the same session that the pages know. */
export function upgradeListener(services: {
  sessions: SessionStore;
  ticker: Ticker;
  log: (line: string) => void;
}): UpgradeListener {
  const { sessions, ticker, log } = services;
  return (req, socket, head) => {
    const startedAt = performance.now();
    const note = (status: number, user: string | null) =>
      log(`GET ${req.url} ${status} ${Math.round(performance.now() - startedAt)} ms ${user ?? "-"} (websocket)`);
    // A client may leave while its session is being read.
    socket.on("error", () => socket.destroy());
    if (req.url?.split("?", 1)[0] !== "/ticker") {
      refuseUpgrade(socket, {
        status: "404 Not Found",
        contentType: "application/json",
        body: '{"error":"not found"}',
      });
      return note(404, null);
    }
    // The session middleware only reads here: nothing of this answer is ever sent.
    const unsent = new ServerResponse(req);
    void sessions.middleware(req as Request, unsent as Response, (error?: unknown) => {
      if (error !== undefined) {
        const body = '{"error":"the session cannot be read just now"}';
        const fields = ["Retry-After: 1"];
        refuseUpgrade(socket, { status: "503 Service Unavailable", contentType: "application/json", body, fields });
        return note(503, null);
      }
      const user = (req as Request).session.user?.name ?? null;
      ticker.accept({ req, socket, head, user });
      note(101, user);
    });
  };
}
