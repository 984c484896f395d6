import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createTestIssuer, type TestIssuer } from "../../src/verify.ts";

export interface KeySetServer {
  readonly jwksUrl: string;
  /** As figway would sign: ES256. */
  readonly issuer: TestIssuer;
  /** A key of the same set, of a kind that the demo does not accept. */
  readonly edDsaIssuer: TestIssuer;
  close(): Promise<void>;
}

/** Stands where figway's `/.figway/jwks.json` would. */
export async function startKeySetServer(): Promise<KeySetServer> {
  const claimed = { issuer: "figway", audience: "shop-modern" };
  const issuer = createTestIssuer(claimed);
  const edDsaIssuer = createTestIssuer({ ...claimed, algorithm: "EdDSA" });
  const keys = [...issuer.jwks.keys, ...edDsaIssuer.jwks.keys];
  const server = createServer((_req, res) => {
    res.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/.figway/jwks.json`,
    issuer,
    edDsaIssuer,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
