import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler, Response } from "express";

/** An error whose message is for the caller of the admin API. */
export class AdminError extends Error {
  override readonly name: string = "AdminError";
  readonly status: number;

  constructor(status: number, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.status = status;
  }
}

/** What the caller got wrong. */
export class InvalidRequestError extends AdminError {
  override readonly name = "InvalidRequestError";

  constructor(message: string) {
    super(400, message);
  }
}

/** An error answer of the admin API (RFC 9457). */
export function problem(response: Response, status: number, detail: string): void {
  response
    .status(status)
    .type("application/problem+json")
    .send(`${JSON.stringify({ title: STATUS_CODES[status] ?? "Error", status, detail })}\n`);
}

/** Answers what a handler threw. `report` is told of what is figway's own fault. */
export function answerErrors(report: (error: unknown) => void): ErrorRequestHandler {
  return function answerError(error: unknown, _request, response, next): void {
    const { status, detail } = tellable(error);
    if (status >= 500) report(error);
    if (response.headersSent) next(error);
    else problem(response, status, detail);
  };
}

/** By name: the parts that throw them are strangers to this one. */
const CONFLICTS = new Set(["FlagChangeError", "KeyChangeError"]);

/** Errors that name themselves as somebody else's mistake are told; all others are figway's own. */
function tellable(error: unknown): { status: number; detail: string } {
  const { message = "", name = "", status, type, limit } = error as Partial<BodyError>;
  if (error instanceof AdminError) return { status: error.status, detail: message };
  if (CONFLICTS.has(name)) return { status: 409, detail: message };
  if (type === "entity.parse.failed") return { status: 400, detail: `The body is not valid JSON: ${message}.` };
  if (type === "entity.too.large")
    return { status: 413, detail: `The body is larger than ${Number(limit) / 1_024} KiB.` };
  if (typeof status === "number" && status >= 400 && status < 500) return { status, detail: `${message}.` };
  return { status: 500, detail: "The gateway made a mistake; its log says more." };
}

/** An error of body-parser's or the router's. */
interface BodyError extends Error {
  readonly status: number;
  readonly type: string;
  readonly limit: number;
}
