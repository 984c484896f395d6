import type { RequestHandler } from "express";

/** One line per request: method, path, status, milliseconds, user. */
export function requestLog(log: (line: string) => void): RequestHandler {
  return (req, res, next) => {
    const startedAt = performance.now();
    // The session may be gone by the time the line is written, after a logout for instance.
    const session = () => (req.session as typeof req.session | undefined)?.user?.name;
    res.once("close", () => {
      const status = res.writableFinished ? res.statusCode : `${res.statusCode} (cut off)`;
      const path = req.originalUrl.split("?", 1)[0];
      log(`${req.method} ${path} ${status} ${Math.round(performance.now() - startedAt)} ms ${session() ?? "-"}`);
    });
    next();
  };
}
