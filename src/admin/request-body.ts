import { json, type Request, type RequestHandler } from "express";
import { z } from "zod";
import { AdminError, InvalidRequestError } from "./refusal.ts";

const LIMIT = "64kb";

/** A name that is shown in terminals and in the trail: no control characters, which could write anything there. */
const actor = z
  .string("must be a name in quotes")
  .min(1, "must not be empty")
  .max(200, "must have at most 200 characters")
  .regex(/^\P{Cc}*$/u, "must not contain control characters")
  .default("somebody");
const why = z.string("must be text").max(1_000, "must have at most 1000 characters").optional();

export const flagChange = z.strictObject({
  value: z.union([z.boolean(), z.strictObject({ percent: z.int().min(0).max(100) })], {
    error: 'must be true, false, or { "percent": N } with a whole number N from 0 to 100',
  }),
  actor,
  why,
});

export const overrideChange = z.strictObject({
  side: z.enum(["legacy", "modern"], 'must be "legacy" or "modern"').default("legacy"),
  actor,
  why,
});

/** Of a change that needs no more than its author. */
export const authored = z.strictObject({ actor, why });

export const keyRotation = z.strictObject({
  mode: z.enum(["graceful", "compromised"], 'must be "graceful" or "compromised"').default("graceful"),
  actor,
  why,
});

const target = z.string().startsWith("/", "must start with /").max(8_192, "must have at most 8192 characters");

export const explainQuestion = z.strictObject({
  method: z.string("is missing").regex(/^[A-Za-z-]{1,32}$/, "must be the name of a method, such as GET"),
  path: target.optional(),
  target: target.optional(),
  host: z.string().max(300).default("localhost"),
  headers: z.record(z.string(), z.string()).default({}),
  as: z.string().min(1).optional(),
  bucket: z.string().min(1).optional(),
});

const parseJson = json({ limit: LIMIT, strict: true });

/** Reads a JSON body. One of another type is refused: taken for an empty body, it would make a change that nobody asked for. */
export const readBody: RequestHandler = (request, response, next) => {
  // null: there is no body.
  if (request.is("application/json") === false) {
    next(new AdminError(415, "The body must be JSON, sent with Content-Type: application/json."));
    return;
  }
  parseJson(request, response, next);
};

/** @throws InvalidRequestError that names each member that is wrong, in one line */
export function parseBody<T extends z.ZodType>(schema: T, request: Request): z.output<T> {
  const parsed = schema.safeParse(request.body ?? {});
  if (parsed.success) return parsed.data;
  throw new InvalidRequestError(`${parsed.error.issues.map(sentenceOf).join("; ")}.`);
}

function sentenceOf({ path, code, message, ...rest }: z.core.$ZodIssue): string {
  if (code === "unrecognized_keys") {
    return `${(rest as { keys: readonly string[] }).keys.join(" and ")} is not a member of this body`;
  }
  if (path.length === 0) return "The body must be a JSON object";
  return `${path.join(".")} ${message.startsWith("Invalid") ? `is wrong: ${message}` : message}`;
}
