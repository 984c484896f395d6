import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openSite, readCookieField } from "../../../src/cli/doctor/visitor.ts";

const TLS = resolve(import.meta.dirname, "../../fixtures/tls");
const read = (file: string): Buffer => readFileSync(join(TLS, file));

let server: Server;
let url: string;
const seen: { url: string | undefined; cookie: string | undefined; origin: string | undefined }[] = [];

const answer: RequestListener = (req, res) => {
  seen.push({ url: req.url, cookie: req.headers.cookie, origin: req.headers.origin });
  if (req.url === "/shop/away") res.writeHead(302, { location: "https://elsewhere.example/x" });
  else if (req.url === "/shop/gone") res.writeHead(200, { "set-cookie": ["b=; Max-Age=0", "c=3"] });
  else res.writeHead(303, { location: "/shop/next?x=1", "set-cookie": ["a=1; Path=/", "b=2; HttpOnly"] });
  res.end("x".repeat(1_000_000));
};

beforeAll(async () => {
  server = createServer({ key: read("server.key"), cert: read("server.pem") }, answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `https://localhost:${(server.address() as AddressInfo).port}/shop/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const site = (tls: Record<string, unknown>) => openSite({ url, name: "Legacy", remedy: "start it.", tls });

it("a visitor keeps and drops cookies, stays below the base path, and follows nobody to another site", async () => {
  const legacy = site({ ca: read("ca.pem") });
  try {
    const visitor = legacy.visitor();
    const first = await visitor.send({ method: "POST", path: "/login", form: [["a", "b c"]] });
    expect(first).toMatchObject({ status: 303, location: "/next?x=1" });
    expect(first.body.length).toBeLessThan(700_000);
    await visitor.send({ method: "GET", path: "/gone" });
    expect((await visitor.send({ method: "GET", path: "/away" })).location).toBeUndefined();
    expect(seen).toEqual([
      { url: "/shop/login", cookie: undefined, origin: new URL(url).origin },
      { url: "/shop/gone", cookie: "a=1; b=2", origin: undefined },
      { url: "/shop/away", cookie: "a=1; c=3", origin: undefined },
    ]);
    expect(legacy.requests).toBe(3);
  } finally {
    await legacy.close();
  }
});

it("a certificate that nobody vouches for is refused by name", async () => {
  const legacy = site({});
  try {
    const visit = legacy.visitor().send({ method: "GET", path: "/" });
    await expect(visit).rejects.toThrow(/^Legacy does not answer at https:\/\/localhost:\d+ \((?:UNABLE|SELF|DEPTH)/);
  } finally {
    await legacy.close();
  }
});

it("a Cookie field is taken as the browser's tools show it", () => {
  expect([...readCookieField("Cookie: a=1; b = x=y ;a=2; =3; c")]).toEqual([
    ["a", "1"],
    ["b", "x=y"],
  ]);
});
