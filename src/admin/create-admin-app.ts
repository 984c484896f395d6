import express, { type ErrorRequestHandler, type Express, type Request } from "express";
import { z } from "zod";
import type { AdminServices } from "./admin-services.ts";
import { guardAdmin, problem } from "./guard-admin.ts";

const actor = z.string().min(1).max(200).default("somebody");
const why = z.string().max(1_000).optional();
const flagChange = z.strictObject({
  value: z.union([z.boolean(), z.strictObject({ percent: z.int().min(0).max(100) })]),
  actor,
  why,
});
const explainQuestion = z.strictObject({
  method: z.string().regex(/^[A-Za-z-]{1,32}$/),
  path: z.string().startsWith("/").max(8_192).optional(),
  target: z.string().startsWith("/").max(8_192).optional(),
  host: z.string().max(300).default("localhost"),
  headers: z.record(z.string(), z.string()).default({}),
  as: z.string().min(1).optional(),
  bucket: z.string().min(1).optional(),
});
const overrideChange = z.strictObject({ side: z.enum(["legacy", "modern"]).default("legacy"), actor, why });

/** The admin listener's application: JSON API, metrics, health. */
export function createAdminApp(services: AdminServices): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  // Health is what balancers and orchestrators ask: no token, and no word more than they need.
  app.get("/healthz", (_request, response) => void response.json({ status: "ok" }));
  app.get("/readyz", (_request, response) => {
    const { ready, reasons } = services.readiness();
    response.status(ready ? 200 : 503).json({ status: ready ? "ok" : "unavailable", reasons });
  });
  app.use(guardAdmin(services.token));
  app.use(express.json({ limit: "64kb", strict: true }));
  app.get("/metrics", async (_request, response) => {
    response.type(services.metrics.registry.contentType).send(await services.metrics.registry.metrics());
  });
  addReadRoutes(app, services);
  addChangeRoutes(app, services);
  app.use((_request, response) => problem(response, 404, "There is nothing here."));
  app.use(answerError);
  return app;
}

function addReadRoutes(app: Express, services: AdminServices): void {
  app.get("/api/status", (_request, response) => void response.json(services.status()));
  app.get("/api/routes", (_request, response) => void response.json({ routes: services.routes() }));
  app.get("/api/flags", (_request, response) => void response.json(services.flags()));
  app.get("/api/overrides", (_request, response) => void response.json({ overrides: services.overrides() }));
  app.get("/api/audit", (_request, response) => void response.json({ records: services.audit.recent(100) }));
  app.get("/api/keys", async (_request, response) => void response.json(await services.keys()));
  app.post("/api/explain", (request, response) => {
    const { path, target, headers, as, bucket, ...question } = parse(explainQuestion, request);
    const wanted = target ?? path;
    if (wanted === undefined) throw new InvalidRequestError("target is missing");
    response.json(
      services.explain({ ...question, target: wanted, headers: Object.entries(headers).flat(), as, bucket }),
    );
  });
}

function addChangeRoutes(app: Express, services: AdminServices): void {
  app.put("/api/flags/:name", async (request, response) => {
    const change = parse(flagChange, request);
    response.json(await services.setFlag({ flag: request.params.name, why: undefined, ...change }));
  });
  app.put("/api/overrides/:route", (request, response) => {
    const change = parse(overrideChange, request);
    services.setOverride({ routeId: request.params.route, why: undefined, ...change });
    response.json({ overrides: services.overrides() });
  });
  app.delete("/api/overrides/:route", (request, response) => {
    const { actor: who } = parse(z.object({ actor }), request);
    response.json({ cleared: services.clearOverride(request.params.route, who), overrides: services.overrides() });
  });
  app.post("/api/keys/rotate", async (request, response) => {
    const { actor: who } = parse(z.object({ actor }), request);
    response.json(await services.rotateKeys(who));
  });
}

/** What the caller got wrong; its message is for the caller. */
export class InvalidRequestError extends Error {
  override readonly name = "InvalidRequestError";
}

function parse<T extends z.ZodType>(schema: T, request: Request): z.output<T> {
  const parsed = schema.safeParse(request.body ?? {});
  if (!parsed.success) throw new InvalidRequestError(z.prettifyError(parsed.error));
  return parsed.data;
}

const answerError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const known = error instanceof Error ? error : new Error(String(error));
  const status = statusOf(known);
  problem(response, status, status === 500 ? "The gateway made a mistake; its log says more." : known.message);
};

/** Errors that name themselves as somebody else's mistake are told; all others are figway's own. */
function statusOf(error: Error): number {
  if (error instanceof InvalidRequestError) return 400;
  const { status } = error as { status?: unknown };
  if (typeof status === "number" && status >= 400 && status < 500) return status;
  return error.name === "FlagChangeError" || error.name === "KeyChangeError" ? 409 : 500;
}
