import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createSecureServer } from "node:https";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, expect, it } from "vitest";
import { followCertificate } from "../../src/certificate.ts";
import { start } from "../../src/start.ts";
import { openSides } from "../doubles/open-sides.ts";
import { installCertificate, type SecureGateway, startSecure, TEST_CA } from "../doubles/start-secure.ts";
import { eventually } from "../doubles/start-shop.ts";

const FIXTURES = resolve(import.meta.dirname, "../fixtures/tls");
let secure: SecureGateway | undefined;

afterEach(async () => {
  await secure?.stop();
  secure = undefined;
});

async function dial(port: number): Promise<TLSSocket> {
  // The name is not checked: one of the pair has none. The authority is.
  const socket = connect({ port, host: "127.0.0.1", ca: TEST_CA, checkServerIdentity: () => undefined });
  await once(socket, "secureConnect");
  return socket;
}

const nameOf = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;

async function ask(socket: TLSSocket): Promise<string> {
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [bytes] = (await once(socket, "data")) as [Buffer];
  return bytes.toString().split("\r\n", 1)[0] ?? "";
}

it("a new certificate is used for new connections, and those that stand go on", async () => {
  secure = await startSecure();
  const { port, sides } = secure;
  const before = await dial(port);
  expect(nameOf(before)).toBe("localhost");
  installCertificate(sides, "client");
  await eventually(async () => {
    const socket = await dial(port);
    const name = nameOf(socket);
    socket.destroy();
    expect(name).toBe("figway");
  }, 5_000);
  expect(await ask(before)).toBe("HTTP/1.1 200 OK");
  before.destroy();
});

it("a bad new certificate changes nothing, is told of once both files had time to come, and is mended by a good one", async () => {
  const sides = await openSides();
  const directory = sides.directory;
  const put = (pem: string, key: string): void => {
    writeFileSync(join(directory, "c.pem"), readFileSync(join(FIXTURES, pem)));
    writeFileSync(join(directory, "c.key"), readFileSync(join(FIXTURES, key)));
  };
  put("server.pem", "server.key");
  const told: string[] = [];
  let replaced = 0;
  const follower = followCertificate({
    tls: { certificateFile: "c.pem", keyFile: "c.key", minimumVersion: "TLSv1.2", http2: true },
    baseDir: directory,
    log: {
      info: (message) => void told.push(message),
      error: (message, fields) => void told.push(`${message} ${JSON.stringify(fields)}`),
    },
    replace: () => void replaced++,
  });
  put("client.pem", "server.key");
  await eventually(() => expect(told.join()).toContain("the last good one stays in force"), 5_000);
  expect(replaced).toBe(0);
  put("client.pem", "client.key");
  await eventually(() => expect(replaced).toBeGreaterThan(0), 5_000);
  expect(told.at(-1)).toContain("in force for new connections");
  follower.close();
  sides.close();
});

it("figway does not start with a certificate that does not fit its key, and says which", async () => {
  const sides = await openSides({
    configure(config) {
      config["listen"] = {
        tls: { certificateFile: join(FIXTURES, "client.pem"), keyFile: join(FIXTURES, "server.key") },
      };
    },
  });
  const options = {
    configFile: sides.configFile,
    environment: { PORT: "0", ADMIN_PORT: "0" },
    logLevel: "silent",
  } as const;
  await expect(start(options)).rejects.toThrow("are no certificate with its key");
  sides.close();
});

it("HTTP/2 can be switched off", async () => {
  secure = await startSecure({ tls: { http2: false } });
  const socket = connect({ port: secure.port, host: "localhost", ca: TEST_CA, ALPNProtocols: ["h2", "http/1.1"] });
  await once(socket, "secureConnect");
  expect(socket.alpnProtocol).toBe("http/1.1");
  socket.destroy();
});

it("a stopping figway finishes the answers of an HTTP/2 connection and takes none that were asked later", async () => {
  let release: (() => void) | undefined;
  secure = await startSecure({ legacy: (_request, response) => void (release = () => response.end("whole")) });
  const session = connectHttp2(secure.gateway.publicUrl, { ca: TEST_CA, checkServerIdentity: () => undefined });
  const goaway = once(session, "goaway");
  const stream = session.request({ ":path": "/" });
  let body = "";
  stream.on("data", (bytes: Buffer) => (body += bytes.toString()));
  await eventually(() => expect(release).toBeDefined());
  const answered = once(stream, "response") as Promise<[IncomingHttpHeaders]>;
  const stopped = secure.gateway.stop();
  await goaway;
  release?.();
  expect((await answered)[0][":status"]).toBe(200);
  await once(stream, "close");
  expect(body).toBe("whole");
  await stopped;
  secure.sides.close();
  secure = undefined;
});

it("an https upstream that asks for a certificate gets figway's, and one of a foreign authority is not trusted", async () => {
  const read = (name: string): Buffer => readFileSync(join(FIXTURES, name));
  const pair = { cert: read("server.pem"), key: read("server.key") };
  const upstream = createSecureServer(
    { ...pair, ca: TEST_CA, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      response.end(`client ${(request.socket as TLSSocket).getPeerCertificate().subject.CN as string}`);
    },
  ).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const url = `https://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const tls = { certificateFile: join(FIXTURES, "client.pem"), keyFile: join(FIXTURES, "client.key") };
  const sides = await openSides({
    configure(config) {
      config["upstreams"] = {
        legacy: { url, tls: { ...tls, caFile: join(FIXTURES, "ca.pem") } },
        modern: { url, tls },
        anonymous: { url, tls: { caFile: join(FIXTURES, "ca.pem") } },
      };
      (config["routes"] as unknown[]).push({ id: "anonymous", path: "/anonymous", to: "anonymous" });
    },
  });
  const environment = { PORT: "0", ADMIN_PORT: "0" };
  const gateway = await start({ configFile: sides.configFile, environment, logLevel: "silent" });
  const ask = (path: string): Promise<Response> => fetch(new URL(path, gateway.publicUrl));
  expect(await (await ask("/")).text()).toBe("client figway");
  expect((await ask("/moved/x")).status).toBe(502);
  expect((await ask("/anonymous")).status).toBe(502);
  await gateway.stop();
  upstream.close();
  sides.close();
});
