import { Agent, createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRouter } from "../../src/routing/router.ts";
import { idOf, requestFor, routeOf } from "./route-of.ts";

/** The most specific first, as an Express application has to list them. */
const PATHS = [
  "/orders/export",
  "/orders/:id/lines",
  "/orders/:id",
  "/orders/*",
  "/admin/reports/*",
  "/admin/*",
  "/account",
  "/files/:name/raw",
];
const routes = PATHS.map((path, index) => routeOf({ id: `r${index}`, path }));
const router = createRouter(routes);

let server: Server;
let port: number;
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

beforeAll(async () => {
  const app = express();
  for (const { id, path } of routes)
    app.all(path.replace(/\/\*$/, "{/*rest}"), (_req, res) => void res.set("x-route", id).end());
  app.use((_req, res) => void res.status(404).end());
  // A parameter that cannot be decoded is an error of Express's router; its page is not wanted in the log.
  app.use(((_error, _req, res, _next) => void res.status(400).end()) as express.ErrorRequestHandler);
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  agent.destroy();
  server.close();
});

function askExpress(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent, port, host: "127.0.0.1", path }, (response) => {
      response.resume();
      response.on("end", () => resolve(String(response.headers["x-route"] ?? response.statusCode)));
    });
    request.on("error", reject);
    request.end();
  });
}

const plainPart = fc.constantFrom(..."orders export 7 lines admin reports account files raw x".split(" "));
const oddPart = fc.constantFrom(
  ..."Orders EXPORT Account %2f %2F .. . %2e%2e %5c \\ ; ;x=1 ;/ %3b %00 %25 %6frders %3f # % %c3%a9 \xc3\xa9 + AbC".split(
    " ",
  ),
);
const part = fc.oneof({ weight: 3, arbitrary: plainPart }, { weight: 2, arbitrary: oddPart });
const target = fc
  .tuple(
    fc.array(fc.tuple(part, fc.constantFrom("/", "/", "/", "/", "/", "", "//")), { maxLength: 5 }),
    fc.constantFrom("", "?a=/orders/7", "?"),
  )
  .map(([parts, query]) => `/${parts.map(([text, end]) => text + end).join("")}${query}`);

it("what figway takes for a route, a real Express application takes for the same route, or for none", async () => {
  const tally = { accepted: 0, routed: 0 };
  await fc.assert(
    fc.asyncProperty(target, async (path) => {
      const found = idOf(router.match(requestFor(path)));
      if (found === "ambiguous") return;
      tally.accepted++;
      const answer = await askExpress(path);
      if (answer.startsWith("r")) {
        tally.routed++;
        expect(answer).toBe(found);
      } else expect(["400", "404"]).toContain(answer);
    }),
    { numRuns: 1_500 },
  );
  expect(tally.accepted).toBeGreaterThan(300);
  expect(tally.routed).toBeGreaterThan(50);
});

it("what a browser sends for a link of the application reaches the same route in both", async () => {
  for (const path of [
    "/orders",
    "/orders/",
    "/orders/export",
    "/orders/7",
    "/orders/7/lines",
    "/orders/7/x",
    "/admin",
    "/admin/reports/1",
    "/account",
  ]) {
    expect([path, await askExpress(path)]).toEqual([path, idOf(router.match(requestFor(path)))]);
  }
});
