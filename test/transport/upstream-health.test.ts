import net from "node:net";
import { once } from "node:events";
import { afterEach, expect, it } from "vitest";
import { freePort } from "../doubles/free-port.ts";
import { answering, ask, eventually, partsOf, startFront, startPlainOrigin } from "../contracts/upstream-rig.ts";

const GET = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0).reverse()) one.close();
});

it("ejects an upstream that cannot be reached, and takes it back when a trial is answered", async () => {
  const port = await freePort();
  const front = await startFront(
    { url: `http://127.0.0.1:${port}` },
    { settings: { breaker: { consecutiveFailures: 3, ejectMs: 1_000 } } },
  );
  open.push(front);
  for (let i = 0; i < 3; i++) expect(await ask(front.port, GET)).toContain("connect-failed");
  expect(await ask(front.port, GET)).toContain("ejected");
  expect(front.upstream.status()).toMatchObject({ health: "ejected", consecutiveFailures: 3 });
  expect(front.upstream.status().lastFailure).toContain("ECONNREFUSED");
  const origin = net.createServer((socket) => socket.on("data", () => socket.end(OK)).on("error", () => undefined));
  origin.listen(port, "127.0.0.1");
  open.push(origin);
  await once(origin, "listening");
  await eventually(
    () => front.upstream.status().health === "probing",
    () => "never tried again",
  );
  expect(partsOf(await ask(front.port, GET)).body).toBe("ok");
  expect(front.upstream.status()).toMatchObject({ health: "up", consecutiveFailures: 0 });
});

it("never ejects an upstream for answers that it broke, by default", async () => {
  const origin = await startPlainOrigin(answering("SSH-2.0-x\r\n"));
  const front = await startFront(origin);
  open.push(front, origin);
  for (let i = 0; i < 12; i++) expect(await ask(front.port, GET)).toContain("invalid-response");
  expect(front.upstream.status().health).toBe("up");
});

it("asks an upstream at intervals, ejects it while it answers ill, and takes it back", async () => {
  let status = 200;
  const paths: string[] = [];
  const origin = await startPlainOrigin((socket, received) => {
    if (!received.endsWith("\r\n\r\n")) return;
    const path = received.slice(received.lastIndexOf("GET ") + 4).split(" ", 1)[0] as string;
    paths.push(path);
    socket.write(`HTTP/1.1 ${path === "/health" ? status : 200} X\r\nContent-Length: 2\r\n\r\nok`);
  });
  const check = { path: "/health", intervalMs: 10, unhealthyAfter: 2, timeoutMs: 500 };
  const front = await startFront(origin, { settings: { check } });
  open.push(front, origin);
  await eventually(
    () => paths.includes("/health"),
    () => "never asked",
  );
  expect(partsOf(await ask(front.port, GET)).body).toBe("ok");
  status = 500;
  await eventually(
    () => front.upstream.status().health === "ejected",
    () => "not ejected",
  );
  expect(await ask(front.port, GET)).toContain("ejected");
  status = 204;
  await eventually(
    () => front.upstream.status().health === "up",
    () => "not back",
  );
  expect(partsOf(await ask(front.port, GET)).body).toBe("ok");
});

it("takes silence on the health check for illness", async () => {
  const origin = await startPlainOrigin(() => undefined);
  const front = await startFront(origin, {
    settings: { check: { path: "/", intervalMs: 10, unhealthyAfter: 1, timeoutMs: 50 } },
  });
  open.push(front, origin);
  await eventually(
    () => front.upstream.status().health === "ejected",
    () => "still trusted",
  );
});

it("closes once its last exchange has ended, and cuts none", async () => {
  const origin = await startPlainOrigin(() => undefined);
  const front = await startFront(origin);
  open.push(front, origin);
  const answer = ask(front.port, GET);
  await eventually(
    () => origin.received.length === 1,
    () => "nothing came",
  );
  const closing = front.upstream.close();
  const first = await Promise.race([closing, new Promise((resolve) => setImmediate(() => resolve("still open")))]);
  expect(first).toBe("still open");
  origin.sockets[0]?.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast");
  expect(partsOf(await answer).body).toBe("last");
  await closing;
  expect(front.upstream.status()).toMatchObject({ connections: 0 });
});
