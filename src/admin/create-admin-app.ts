import express, { type Express, type Request } from "express";
import type { AdminServices } from "./admin-services.ts";
import { serveDashboard } from "./dashboard/serve-dashboard.ts";
import { guardAdmin, guardPage, secureAnswers } from "./guard-admin.ts";
import { answerErrors, InvalidRequestError, problem } from "./refusal.ts";
import {
  authored,
  explainQuestion,
  flagChange,
  keyRotation,
  overrideChange,
  parseBody,
  readBody,
} from "./request-body.ts";
import { resource } from "./resource.ts";
import { streamLive } from "./stream-live.ts";

/** How many records of the trail are shown. */
const SHOWN_RECORDS = 100;

/** The admin listener's application: dashboard, JSON API, live feed, metrics, health. */
export function createAdminApp(services: AdminServices): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(secureAnswers);
  // Health is what balancers and orchestrators ask: no token, and no word more than they need.
  app.get("/healthz", (_request, response) => void response.json({ status: "ok" }));
  app.get("/readyz", (_request, response) => {
    const { ready, reasons } = services.readiness();
    response.status(ready ? 200 : 503).json({ status: ready ? "ok" : "unavailable", reasons });
  });
  serveDashboard(app, guardPage(services.token));
  app.use(guardAdmin(services.token));
  app.use(readBody);
  addReadRoutes(app, services);
  addChangeRoutes(app, services);
  app.use((_request, response) => problem(response, 404, "There is nothing here."));
  app.use(answerErrors(services.reportFault));
  return app;
}

function addReadRoutes(app: Express, services: AdminServices): void {
  const show = (path: string, content: () => unknown): void =>
    resource(app, path, { get: async (_request, response) => void response.json(await content()) });
  show("/api/status", services.status);
  show("/api/routes", () => ({ routes: services.routes() }));
  show("/api/flags", services.flags);
  show("/api/overrides", () => ({ overrides: services.overrides() }));
  show("/api/audit", () => ({ records: services.audit.recent(SHOWN_RECORDS) }));
  show("/api/keys", services.keys);
  show("/api/series", services.traffic);
  resource(app, "/api/live", { get: streamLive(services.live) });
  resource(app, "/metrics", {
    async get(_request, response) {
      response.type(services.metrics.registry.contentType).send(await services.metrics.registry.metrics());
    },
  });
  resource(app, "/api/explain", {
    post(request, response) {
      const { path, target, headers, as, bucket, ...question } = parseBody(explainQuestion, request);
      const wanted = target ?? path;
      if (wanted === undefined) throw new InvalidRequestError("target is missing.");
      const asked = { ...question, target: wanted, headers: Object.entries(headers).flat(), as, bucket };
      response.json(services.explain(asked));
    },
  });
}

function addChangeRoutes(app: Express, services: AdminServices): void {
  resource(app, "/api/flags/:name", {
    async put(request, response) {
      const change = parseBody(flagChange, request);
      response.json(await services.setFlag({ flag: nameIn(request), why: undefined, ...change }));
    },
  });
  resource(app, "/api/overrides/:name", {
    async put(request, response) {
      await services.setOverride({ routeId: nameIn(request), why: undefined, ...parseBody(overrideChange, request) });
      response.json({ overrides: services.overrides() });
    },
    async delete(request, response) {
      const cleared = await services.clearOverride(nameIn(request), {
        why: undefined,
        ...parseBody(authored, request),
      });
      response.json({ cleared, overrides: services.overrides() });
    },
  });
  resource(app, "/api/keys/rotate", {
    async post(request, response) {
      response.json(await services.rotateKeys({ why: undefined, ...parseBody(keyRotation, request) }));
    },
  });
}

/** The flag or route that the path names. */
function nameIn(request: Request): string {
  const { name } = request.params;
  return typeof name === "string" ? name : "";
}
