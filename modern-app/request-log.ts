import type { RequestHandler } from "express";
import { shopUserIn } from "./shop-user.ts";

/** One line per request: method, path, status, milliseconds, user. */
export function requestLog(log: (line: string) => void): RequestHandler {
  return (req, res, next) => {
    const startedAt = performance.now();
    res.once("close", () => {
      const status = res.writableFinished ? res.statusCode : `${res.statusCode} (cut off)`;
      const path = req.originalUrl.split("?", 1)[0];
      log(
        `${req.method} ${path} ${status} ${Math.round(performance.now() - startedAt)} ms ${shopUserIn(req)?.name ?? "-"}`,
      );
    });
    next();
  };
}
