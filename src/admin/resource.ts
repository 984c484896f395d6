import type { Express, RequestHandler } from "express";
import { problem } from "./refusal.ts";

type Method = "get" | "put" | "post" | "delete";

/** Declares a path with all its methods; any other method is answered with 405 (RFC 9110 §15.5.6). */
export function resource(app: Express, path: string, handlers: Partial<Record<Method, RequestHandler>>): void {
  const allowed: string[] = [];
  for (const [method, handler] of Object.entries(handlers) as [Method, RequestHandler][]) {
    app[method](path, handler);
    allowed.push(method.toUpperCase());
    if (method === "get") allowed.push("HEAD");
  }
  const allow = allowed.join(", ");
  app.all(path, (_request, response) => {
    response.set("Allow", allow);
    problem(response, 405, `Only ${allow} is known here.`);
  });
}
