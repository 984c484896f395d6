import { z } from "zod";
import { pathPatternProblem } from "../path-pattern.ts";
import { routeRateLimitSchema } from "./rate-limit.ts";

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "must be letters, digits, and . _ - within, 64 at most");

const pathPattern = z
  .string()
  .regex(/^\/[^?#]*$/, {
    error: "must start with / and hold neither ? nor #; parameters go into `query`",
    abort: true,
  })
  .superRefine((path, context) => {
    const problem = pathPatternProblem(path);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

/** A path as it is sent: no pattern. */
const plainPath = z.string().regex(/^\/[^?#*\s\\]*$/, "must be a path such as /report, without ?, # and *");

/** Wanted of a query parameter or header field. */
const wanted = z.union([z.string(), z.literal(true)]);

/** The members of a route, each on its own. */
export const routeFields = z.strictObject({
  id: name.meta({ description: "The route's name in decisions, logs, metrics and commands. Unique." }),
  path: pathPattern.meta({
    description:
      "The path: `/orders`, `/orders/:id`, or with `*` at its end for everything below (and `/orders` itself). A slash at the end makes no difference.",
    examples: ["/orders/*", "/orders/:id", "/catalog"],
  }),
  methods: z
    .array(z.string().regex(/^[A-Z][A-Z0-9-]*$/, "must be in upper case"))
    .min(1)
    .optional()
    .meta({ description: "Only these methods. Default: all. GET includes HEAD." }),
  host: z
    .string()
    .regex(
      /^(?:(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])$/,
      "must be a host name without port, or *. and a host name",
    )
    .optional()
    .meta({ description: "Only this host (without port); `*.example.org` for any host below it." }),
  query: z
    .record(z.string().min(1), wanted)
    .optional()
    .meta({ description: "Only with these query parameters: a value, or true for any value." }),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "must be the name of a header field"), wanted)
    .optional()
    .meta({ description: "Only with these header fields: a value, or true for any value." }),
  to: name
    .optional()
    .meta({ description: "The upstream. Default: `modern` where there is a flag; needed where there is none." }),
  flag: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The flag that sends the route to `to`; off or unknown: to legacy." }),
  auth: z.enum(["required", "optional", "none"]).default("optional").meta({
    description: "`required`: modern is asked for logged-in users only. `none`: the route never carries an identity.",
  }),
  roles: z.array(z.string().min(1)).min(1).optional().meta({
    description: "Modern is asked only for users with one of these in the claim `roles`. Implies `auth: required`.",
  }),
  fallback: z
    .enum(["legacy", "none"])
    .default("none")
    .meta({ description: "`legacy`: when modern fails before its first byte, a safe request is answered by legacy." }),
  rewrite: plainPath
    .optional()
    .meta({ description: "The path sent to a modern upstream instead of the one received." }),
  stripPrefix: z
    .string()
    .regex(/^\/[^?#*:\s\\]*[^/?#*:\s\\]$/, "must be a path such as /shop, without a slash at its end")
    .optional()
    .meta({ description: "What is taken off the front of the path towards a modern upstream." }),
  timeoutMs: z.int().min(1).max(86_400_000).optional().meta({ description: "The most time for the whole exchange." }),
  maxBodyBytes: z.int().min(0).optional().meta({ description: "The largest request body; more is answered with 413." }),
  rateLimit: routeRateLimitSchema.optional().meta({
    description: "The route's own limit per client, counted apart; `false`: none. Default: the top-level `rateLimit`.",
  }),
  acceptCrossSiteRequests: z.boolean().default(false).meta({
    description:
      "Switches the CSRF check of this route off: any site may then act in the name of a logged-in user. Written to the audit trail at each load.",
  }),
  keepAlive: z.boolean().default(true).meta({
    description:
      "Whether modern's answers on this route prolong the session, as any request to legacy does. `false` for what a page polls by itself, so that legacy's idle timeout still ends the sessions of users who have left.",
  }),
  passClientAuthorization: z.boolean().default(false).meta({
    description:
      "Lets an anonymous client's own Authorization field through to modern, for programs that bring their own credentials. Never beside a minted token.",
  }),
  caching: z.enum(["private", "as-upstream"]).default("private").meta({
    description:
      "`private`: answers that a flag splits or that belong to a user are marked `private` and checked again at each use. `as-upstream`: the upstream's Cache-Control stands, shared caches may then mix the sides.",
  }),
});

export type RouteConfig = z.output<typeof routeFields>;

/**
 * A route as figway uses it: after loading, `to` is always there (`modern` where the file has none), and `roles` have made
 * `auth` be `required`.
 */
export const routeSchema = routeFields.transform(
  (route): RouteConfig => ({
    ...route,
    to: route.to ?? "modern",
    auth: route.roles === undefined ? route.auth : "required",
  }),
);
