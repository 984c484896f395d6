import { readFileSync } from "node:fs";
import { join } from "node:path";
import tls from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { upstreamContract } from "../contracts/upstream.contract.ts";
import {
  answering,
  ask,
  eventually,
  type Front,
  partsOf,
  type RawOrigin,
  serveRaw,
  type StartOrigin,
  startFront,
} from "../contracts/upstream-rig.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/tls");
const file = (name: string): string => join(FOLDER, name);
const CA = { tls: { caFile: file("ca.pem") } };

function tlsServer(options: tls.TlsOptions = {}): tls.Server {
  const server = tls.createServer({
    cert: readFileSync(file("server.pem")),
    key: readFileSync(file("server.key")),
    allowHalfOpen: true,
    ...options,
  });
  server.on("tlsClientError", () => undefined);
  return server;
}

const startTlsOrigin: StartOrigin = async (script) => ({
  ...(await serveRaw(tlsServer(), script, "https")),
  settings: CA,
});

upstreamContract("TLS", startTlsOrigin);

describe("TLS towards an upstream", () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const one of open.splice(0).reverse()) one.close();
  });

  const GET = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const OK = answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  const through = async (server: tls.Server, settings: object): Promise<{ origin: RawOrigin; front: Front }> => {
    const origin = await serveRaw(server, OK, "https");
    const front = await startFront({ url: origin.url, settings });
    open.push(front, origin);
    return { origin, front };
  };

  it("fails where the certificate is signed by nobody known, or made for another name", async () => {
    const unknown = await through(tlsServer(), {});
    expect(await ask(unknown.front.port, GET)).toContain("connect-failed");
    const otherName = await through(tlsServer(), { tls: { ...CA.tls, serverName: "shop.example" } });
    expect(await ask(otherName.front.port, GET)).toContain("connect-failed");
    expect([...unknown.origin.received, ...otherName.origin.received].join("")).toBe("");
  });

  it("goes on unchecked only where the setting named after it says so", async () => {
    const { front } = await through(tlsServer(), { tls: { trustAnyCertificate: true } });
    expect(partsOf(await ask(front.port, GET)).body).toBe("ok");
  });

  it("shows figway's own certificate where the upstream asks for one", async () => {
    const server = tlsServer({ requestCert: true, rejectUnauthorized: true, ca: readFileSync(file("ca.pem")) });
    const shown: string[] = [];
    server.on("secureConnection", (socket: tls.TLSSocket) =>
      shown.push(String(socket.getPeerCertificate().subject.CN)),
    );
    const { front } = await through(server, {
      tls: { ...CA.tls, certificateFile: file("client.pem"), keyFile: file("client.key") },
    });
    expect(partsOf(await ask(front.port, GET)).body).toBe("ok");
    expect(shown).toEqual(["figway"]);
  });

  it("resumes the session of the connection before", async () => {
    const server = tlsServer();
    const resumed: boolean[] = [];
    server.on("secureConnection", (socket: tls.TLSSocket) => resumed.push(socket.isSessionReused()));
    const { front } = await through(server, CA);
    await ask(front.port, GET);
    await eventually(
      () => front.upstream.endpoint.tls?.session !== undefined,
      () => "no session came",
    );
    await ask(front.port, GET);
    expect(resumed).toEqual([false, true]);
  });
});
