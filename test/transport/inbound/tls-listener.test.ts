import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectPlain, type AddressInfo } from "node:net";
import { resolve } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, expect, it } from "vitest";
import { listenSchema } from "../../../src/config/schema/listen.ts";
import { sendAnswer } from "../../../src/transport/client-side.ts";
import { createListener, type Listener, type TlsMaterial } from "../../../src/transport/inbound/create-listener.ts";

const fixture = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, "../../fixtures/tls", name), "utf8");
const SERVER: TlsMaterial = {
  certificate: fixture("server.pem"),
  key: fixture("server.key"),
  minimumVersion: "TLSv1.2",
};
const OTHER: TlsMaterial = { ...SERVER, certificate: fixture("client.pem"), key: fixture("client.key") };
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function listen(): Promise<{ listener: Listener; port: number }> {
  const { limits, timeouts } = listenSchema.parse({});
  const listener = createListener({
    limits,
    timeouts,
    tls: SERVER,
    onRequest: (_request, client) => sendAnswer(client, 200, ["Content-Length", "5"], "hello"),
    onUpgrade: (_request, socket) => void socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\nopen"),
  });
  listener.server.listen(0, "127.0.0.1");
  await once(listener.server, "listening");
  stops.push(() => listener.drain(0));
  return { listener, port: (listener.server.address() as AddressInfo).port };
}

async function connectTls(port: number): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"] });
  stops.push(() => socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

async function ask(socket: TLSSocket, octets: string, end: string): Promise<string> {
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
  socket.write(octets);
  await expect.poll(() => received).toContain(end);
  return received;
}

it("serves HTTP/1.1 over TLS, upgrades, and tells protocol failures", async () => {
  const { port } = await listen();
  const socket = await connectTls(port);
  expect(socket.alpnProtocol).toBe("http/1.1");
  expect(await ask(socket, GET, "hello")).toMatch(/^HTTP\/1\.1 200 /);
  expect(await ask(await connectTls(port), "BAD\r\n\r\n", "\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  const handshake = GET.replace(
    "\r\n\r\n",
    "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  expect(await ask(await connectTls(port), handshake, "open")).toMatch(/^HTTP\/1\.1 101 /);
});

it("gives further handshakes a new certificate, and leaves connections that stand alone", async () => {
  const { listener, port } = await listen();
  const before = await connectTls(port);
  const { fingerprint256 } = before.getPeerCertificate();
  listener.replaceCertificate(OTHER);
  const after = await connectTls(port);
  expect(after.getPeerCertificate().fingerprint256).not.toBe(fingerprint256);
  expect(await ask(before, GET, "hello")).toMatch(/^HTTP\/1\.1 200 /);
});

it("outlives plain text, torn handshakes and resets, and drains", async () => {
  const { listener, port } = await listen();
  for (const octets of [GET, "\x16\x03\x01\x00\xa5\x01", ""]) {
    const socket = connectPlain(port, "127.0.0.1");
    socket.on("error", () => undefined);
    stops.push(() => socket.destroy());
    await once(socket, "connect");
    socket.write(Buffer.from(octets, "latin1"), () => socket.resetAndDestroy());
  }
  const socket = await connectTls(port);
  expect(await ask(socket, GET, "hello")).toContain("hello");
  expect(listener.connectionCount()).toBe(1);
  const drained = listener.drain(3_000);
  expect(await drained).toEqual({ cut: 0 });
});
