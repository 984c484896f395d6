import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createProxyServer } from "http-proxy";
import type { Target } from "../target.ts";

/** http-proxy (the maintained successor under the name), with every care its users are told to take. */
export const HTTP_PROXY: Target = {
  name: "http-proxy-3",
  start: async (originPort) => {
    const proxy = createProxyServer({ target: `http://127.0.0.1:${originPort}`, xfwd: true, proxyTimeout: 1_000 });
    proxy.on("error", (_error, _request, response) => {
      if ("writeHead" in response) {
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end();
      } else response.end("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    const server = createServer((request, response) => proxy.web(request, response));
    server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => undefined);
      proxy.ws(request, socket, head);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
      port: (server.address() as AddressInfo).port,
      stop: async () => {
        proxy.close();
        server.closeAllConnections();
        server.close();
      },
    };
  },
};
