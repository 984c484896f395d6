import type { ErrorRequestHandler, Request, Response } from "express";
import { sendPage } from "./pages/send-page.ts";
import { messagePage } from "./pages/shop-pages.ts";

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** Refuses as application/problem+json (RFC 9457), or as a small page where a person is looking. */
export function refuse(req: Request, res: Response, problem: Problem): void {
  const { status, title, detail } = problem;
  res.set("cache-control", "no-store");
  if (wantsPage(req)) return sendPage(req, res, { title, status, body: messagePage(detail) });
  res
    .status(status)
    .type("application/problem+json")
    .send(JSON.stringify({ type: "about:blank", title, status, detail, instance: req.path }));
}

export function refuseUnknownPath(req: Request, res: Response): void {
  refuse(req, res, { status: 404, title: "Not Found", detail: "There is nothing at this address." });
}

/** `Accept: *\/*` is not a person: only a client that names text/html gets a page. */
export function wantsPage(req: Request): boolean {
  return !req.path.startsWith("/api/") && (req.headers.accept ?? "").includes("text/html");
}

export function refuseErrors(log: (line: string) => void): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
    if (typeof status === "number" && status >= 400 && status < 500) {
      return refuse(req, res, { status, title: "Bad Request", detail: "The request could not be read." });
    }
    log(`${req.method} ${req.path} failed: ${error instanceof Error ? error.stack : String(error)}`);
    refuse(req, res, { status: 500, title: "Internal Server Error", detail: "Something went wrong on our side." });
  };
}
