import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt, type JWTPayload } from "jose";
import { WebSocketServer } from "ws";
import type { Seen } from "./legacy.ts";

export interface ModernAnswer {
  readonly servedBy: "modern";
  readonly user: string | null;
  readonly claims: JWTPayload | null;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
}

/** A token service that tells everything it was sent, and whose answers the test may write. */
export interface Modern {
  readonly url: string;
  readonly seen: Seen[];
  /** Every bearer that ever arrived. */
  readonly tokens: Set<string>;
  /** Takes the place of the ordinary answer while it is there. */
  script: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;
  readonly openStreams: number;
  close(): Promise<void>;
}

export async function startModern(): Promise<Modern> {
  const seen: Seen[] = [];
  const tokens = new Set<string>();
  const streams = new Set<object>();
  const modern: Omit<Modern, "url" | "close"> = {
    seen,
    tokens,
    script: undefined,
    get openStreams() {
      return streams.size;
    },
  };
  const note = (req: IncomingMessage): JWTPayload | null => {
    const { method = "", url = "", rawHeaders } = req;
    seen.push({ method, url, rawHeaders });
    const bearer = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1];
    if (bearer === undefined) return null;
    tokens.add(bearer);
    try {
      return decodeJwt(bearer);
    } catch {
      return null;
    }
  };
  const server = createServer((req, res) => {
    const claims = note(req);
    if (modern.script !== undefined) return modern.script(req, res);
    if (req.url === "/events") {
      res.writeHead(200, { "content-type": "text/event-stream" }).write(`data: ${claims?.sub ?? "nobody"}\n\n`);
      streams.add(res);
      res.on("close", () => streams.delete(res));
      return;
    }
    const { method = "", url = "", rawHeaders } = req;
    const answer: ModernAnswer = {
      servedBy: "modern",
      user: claims?.sub ?? null,
      claims,
      method,
      url,
      rawHeaders,
    };
    req.resume();
    res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (req, socket, head) => {
    const claims = note(req);
    sockets.handleUpgrade(req, socket, head, (opened) => {
      streams.add(opened);
      opened.on("close", () => streams.delete(opened));
      opened.send(claims?.sub ?? "nobody");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return Object.assign(modern, { url: `http://127.0.0.1:${port}`, close });
}
