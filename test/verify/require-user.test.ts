import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, expect, it } from "vitest";
import {
  authenticate,
  createTestIssuer,
  createVerifier,
  type FigwayRequest,
  optionalUser,
  requireUser,
  sendRefusal,
  userOf,
} from "../../src/verify.ts";

const issuer = createTestIssuer({ issuer: "figway", audience: "shop-modern" });
const verifier = createVerifier(issuer.verifierOptions);
const customer = () => issuer.authorization({ subject: "u1", claims: { roles: ["customer"] } });

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

async function serve(handle: Handler): Promise<(path: string, authorization?: string) => Promise<Response>> {
  const server = createServer((request, response) => void handle(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return (path, authorization) =>
    fetch(`http://127.0.0.1:${port}${path}`, authorization === undefined ? {} : { headers: { authorization } });
}

const app = () =>
  express()
    .get("/maybe", optionalUser(verifier), (request: FigwayRequest, response) => {
      response.end(request.figway?.subject ?? "nobody");
    })
    .get("/mine", requireUser(verifier), (request, response) => void response.send(userOf(request).subject))
    .get(
      "/admin",
      requireUser(verifier, { roles: ["admin", "support"] }),
      (_request, response) => void response.send("in"),
    )
    .get("/forgotten", (request, response) => void response.send(userOf(request).subject));

it("lets a user through, under the scheme's name in any case", async () => {
  const ask = await serve(app());
  expect(await (await ask("/mine", await customer())).text()).toBe("u1");
  expect(await (await ask("/mine", (await customer()).replace("Bearer", "bearer"))).text()).toBe("u1");
  expect(await (await ask("/maybe", await customer())).text()).toBe("u1");
});

it("asks for a token, naming no error, where there is none or one of another scheme", async () => {
  const ask = await serve(app());
  for (const authorization of [undefined, "Basic dTpw", "Bearerx y"]) {
    const answer = await ask("/mine", authorization);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="shop-modern"');
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await (await ask("/maybe", authorization)).text()).toBe("nobody");
  }
});

it("refuses a wrong token as RFC 6750 has it, also where no user is needed", async () => {
  const ask = await serve(app());
  const wrong = [
    ["token-expired", await issuer.authorization({ subject: "u1", expiresInSeconds: -60 })],
    ["wrong-audience", await issuer.authorization({ subject: "u1", audience: "billing" })],
    ["token-malformed", "Bearer rubbish"],
    ["token-missing", "Bearer "],
  ] as const;
  for (const [code, authorization] of wrong) {
    for (const path of ["/mine", "/maybe"]) {
      const answer = await ask(path, authorization);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      if (code !== "token-missing")
        expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm="shop-modern", error="invalid_token", /);
      expect(await answer.json()).toMatchObject({ type: "about:blank", status: 401, code });
    }
  }
});

it("refuses a user without the role with 403 and insufficient_scope", async () => {
  const ask = await serve(app());
  const answer = await ask("/admin", await customer());
  expect(answer.status).toBe(403);
  expect(answer.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  expect(await answer.json()).toMatchObject({ status: 403, code: "missing-role" });
  const support = await issuer.authorization({ subject: "u3", claims: { roles: ["support"] } });
  expect((await ask("/admin", support)).status).toBe(200);
  const odd = await issuer.authorization({ subject: "u4", claims: { roles: { admin: true } } });
  expect((await ask("/admin", odd)).status).toBe(403);
});

it("blames no user while the keys cannot be fetched: 503, with a time to come back", async () => {
  const { issuer: name, audience } = issuer.verifierOptions;
  const cutOff = createVerifier({ jwksUrl: "http://127.0.0.1:1/jwks.json", issuer: name, audience });
  const ask = await serve(express().use(optionalUser(cutOff)));
  const answer = await ask("/", await customer());
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("5");
  expect(answer.headers.get("www-authenticate")).toBeNull();
  expect(await answer.json()).toMatchObject({ code: "keys-unavailable" });
});

it("a handler that forgot the middleware fails, rather than serving somebody", async () => {
  const quiet = app().use(((_error, _request, response, _next) => {
    response.status(500).end();
  }) as express.ErrorRequestHandler);
  const ask = await serve(quiet);
  expect((await ask("/forgotten", await customer())).status).toBe(500);
});

it("serves plain node:http without a framework", async () => {
  const ask = await serve(async (request, response) => {
    const authentication = await authenticate(verifier, request);
    if (authentication.kind === "refused") return sendRefusal(response, authentication.refusal);
    response.end(authentication.kind === "user" ? authentication.user.subject : "nobody");
  });
  expect(await (await ask("/", await customer())).text()).toBe("u1");
  expect(await (await ask("/")).text()).toBe("nobody");
  expect((await ask("/", "Bearer rubbish")).status).toBe(401);
});

it("reads requests of the Fetch standard", async () => {
  const request = new Request("http://shop.test/", { headers: { authorization: await customer() } });
  expect(await authenticate(verifier, request)).toMatchObject({ kind: "user", user: { subject: "u1" } });
});

it("an audience that cannot stand in a header field does not break the answer", async () => {
  const odd = createTestIssuer({ issuer: "figway", audience: 'shop"\r\nX: y' });
  const ask = await serve(express().use(requireUser(createVerifier(odd.verifierOptions))));
  const answer = await ask("/");
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="shop___X: y"');
});
