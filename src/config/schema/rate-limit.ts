import { z } from "zod";

const amount = {
  requests: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .meta({ description: "How many requests one client may make in a period." }),
  perSeconds: z.int().min(1).max(86_400).meta({ description: "The period, from the client's first request in it." }),
  burst: z.int().min(0).max(1_000_000_000).default(0).meta({
    description:
      "How many more it may make beyond that, for page loads that ask for much at once; regained over ten periods.",
  }),
};

/** A limit for all routes that have none of their own. */
export const rateLimitSchema = z.strictObject({
  ...amount,
  by: z.literal("address").default("address").meta({
    description:
      "Who counts as one client: an IPv4 address, or the /64 of an IPv6 address; behind `listen.trustedProxies` the one they name.",
  }),
  store: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .meta({
      description:
        "The Redis in which replicas count together, as redis://host:port/db. Default: that of the sessions; without one, each figway counts for itself (its workers together).",
    }),
});

/** A route's own limit, counted apart from all others; `false`: the route is not limited. */
export const routeRateLimitSchema = z.union([z.literal(false), z.strictObject(amount)]);

export type RateLimitConfig = z.output<typeof rateLimitSchema>;
export type RouteRateLimitConfig = z.output<typeof routeRateLimitSchema>;
