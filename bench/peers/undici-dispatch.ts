/** The least that node:http in front and undici behind can do: no check, no header looked at. A floor, not a proxy to use. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Pool } from "undici";
import { originPorts, servePeer } from "./peer-ready.ts";

const pool = new Pool(`http://127.0.0.1:${originPorts().legacy}`, { connections: 64 });

function forward(request: IncomingMessage, response: ServerResponse): void {
  pool.dispatch(
    { path: request.url ?? "/", method: "GET", headers: request.rawHeaders },
    {
      onRequestStart: () => undefined,
      onResponseStart(_controller, status, _headers, statusText) {
        const raw = (_controller as { rawHeaders?: Buffer[] }).rawHeaders ?? [];
        response.writeHead(status, statusText, raw.map(String));
      },
      onResponseData: (_controller, chunk) => void response.write(chunk),
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  );
}

await servePeer(createServer(forward));
