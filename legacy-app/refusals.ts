import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { prefersJson, sendPage } from "./answer.ts";
import { messagePage } from "./pages/form-pages.ts";
import { SessionStoreUnavailable } from "./session-store.ts";

/** What no route answered. */
export const answerNotFound: RequestHandler = (req, res) =>
  refuse(req, res, { status: 404, title: "Not found", message: "There is nothing at this address." });

export function answerErrors(log: (line: string) => void): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    if (error instanceof SessionStoreUnavailable) {
      // Without a session express-session neither saves nor sends a cookie: the browser keeps the one that it has.
      Reflect.deleteProperty(req, "session");
      res.set("retry-after", "1");
      const message = "Your session cannot be read just now. Please try again in a moment.";
      return refuse(req, res, { status: 503, title: "One moment, please", message });
    }
    const status = clientErrorStatus(error);
    if (status !== undefined) return refuse(req, res, { status, title: "Sorry", message: "We could not read that." });
    log(`${req.method} ${req.path} failed: ${error instanceof Error ? error.stack : String(error)}`);
    refuse(req, res, { status: 500, title: "Sorry", message: "Something went wrong on our side." });
  };
}

function refuse(req: Request, res: Response, refusal: { status: number; title: string; message: string }): void {
  const { status, title, message } = refusal;
  res.set("cache-control", "no-store");
  if (prefersJson(req)) res.status(status).json({ error: message });
  else sendPage(req, res, { title, body: messagePage(message), status });
}

/** The status that express's own body parsers and router give to a client's mistake. */
function clientErrorStatus(error: unknown): number | undefined {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}
