import type { Request, RequestHandler, Response } from "express";
import type { Html } from "../demo/html.ts";
import { layout } from "./pages/layout.ts";

/** Sends a page in the shop's frame. */
export function sendPage(req: Request, res: Response, page: { title: string; body: Html; status?: number }): void {
  const { title, body, status = 200 } = page;
  // The session is missing where it cannot be read: then nobody can say who this is.
  const session = req.session as typeof req.session | undefined;
  const user = session === undefined ? "unknown" : session.user;
  res
    .status(status)
    .type("html")
    .send(layout({ title, path: req.path, user, body }));
}

/** Whether a refusal should be JSON: for every path under /api/, and for clients that prefer it. */
export function prefersJson(req: Request): boolean {
  return req.path.startsWith("/api/") || req.accepts(["html", "json"]) === "json";
}

/** Lets logged-in users pass. Pages send everybody else to the login form and back, JSON answers 401. */
export const requireLogin: RequestHandler = (req, res, next) => {
  if (req.session.user !== undefined) return next();
  if (prefersJson(req)) {
    res.status(401).json({ error: "not logged in" });
    return;
  }
  const target = req.method === "GET" ? req.originalUrl : "/orders";
  res.redirect(303, `/login?next=${encodeURIComponent(target)}`);
};
