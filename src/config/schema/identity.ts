import { z } from "zod";

const jsonPointer = z
  .string()
  .regex(/^(?:\/(?:[^~/]|~0|~1)*)*$/, "must be a JSON Pointer (RFC 6901), such as /user/id")
  .meta({ description: "A JSON Pointer (RFC 6901)." });

const claimName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.:/-]{0,63}$/);

/** The allow-list: claim name → JSON Pointer. Nothing else leaves the session. */
const claims = z.record(claimName, jsonPointer).default({}).meta({
  description:
    "The allow-list of what a token says of the user: claim name → JSON Pointer into the session. Nothing else leaves the session. A route's `roles` need the claim `roles`.",
});

const authenticated = z
  .strictObject({
    pointer: jsonPointer.meta({ description: "Where to look (a JSON Pointer, RFC 6901)." }),
    equals: z
      .union([z.string(), z.number(), z.boolean(), z.null()])
      .meta({ description: "What must stand there, of the same type." }),
  })
  .optional()
  .meta({
    description:
      "What must hold before the subject is believed, for sessions that know a user before he has logged in. Default: nothing.",
  });

const cookieName = z
  .string()
  .regex(/^(?!__proto__$)[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be a cookie name (RFC 6265 §4.1.1)");

const maxSessions = z.int().min(1).max(10_000_000).default(20_000).meta({
  description: "How many sessions are kept in memory at the most.",
});

const expressSessionSchema = z.strictObject({
  kind: z.literal("express-session"),
  cookie: cookieName.default("connect.sid").meta({ description: "The name of the session cookie." }),
  secrets: z.array(z.string().min(1)).min(1).meta({
    description: "The secrets that sign the cookie. The first signs, all verify. Give them through the environment.",
    writeOnly: true,
  }),
  store: z
    .url({ protocol: /^rediss?$/ })
    .meta({ description: "The Redis that holds the sessions, as redis://host:port/db." }),
  prefix: z.string().default("sess:").meta({ description: "What stands before the session id in a key." }),
  subject: jsonPointer.meta({
    description: "Where the user's id lies in the session. Missing there: nobody is logged in.",
  }),
  claims,
  authenticated,
  duplicates: z.enum(["first", "refuse"]).default("first").meta({
    description:
      "What two cookies with different, rightly signed sessions mean: `first` takes the first, as express-session does; `refuse` answers 401.",
  }),
  rolling: z.boolean().default(false).meta({
    description:
      "Whether legacy has `rolling: true`: then modern's answers renew the cookie as legacy's do, or the browser would lose it under an active user.",
  }),
  touch: z.boolean().default(true).meta({
    description:
      "Whether modern's answers prolong the session, as legacy's do. `false` where legacy has `disableTouch`.",
  }),
  ttlSeconds: z.int().min(1).max(2_147_483_647).default(86_400).meta({
    description: "The life that legacy's store gives to a session without a max age (`ttl` of connect-redis).",
  }),
  cache: z.boolean().default(true).meta({
    description:
      "Keep users in memory for as long as Redis reports every change of a session. `false`: read every session for every request.",
  }),
  maxSessions,
  commandTimeoutMs: z.int().min(10).max(5_000).default(250).meta({
    description: "How long Redis may take to answer. After that nobody can say who the user is, and legacy serves.",
  }),
  logoutGuardSeconds: z.int().min(1).max(86_400).default(300).meta({
    description:
      "For how long a session that was seen to end stays ended, even if a slow request of legacy saves it again. At least the life of a token and legacy's longest request.",
  }),
});

const whoamiSchema = z.strictObject({
  kind: z.literal("whoami"),
  url: z.url({ protocol: /^https?$/ }).meta({ description: "The legacy endpoint that says who a cookie belongs to." }),
  cookies: z.array(cookieName).min(1).meta({ description: "The cookies to ask with, and no others." }),
  subject: jsonPointer.meta({
    description: "Where the user's id lies in the answer. Missing or null: nobody is logged in.",
  }),
  claims,
  authenticated,
  sessionEnd: jsonPointer.optional().meta({
    description:
      "Where the answer says when the session ends: seconds since 1970, or an ISO 8601 date. No token outlives it.",
  }),
  successStatus: z.int().min(200).max(299).default(200).meta({
    description: "The status of an answer whose JSON says who the user is.",
  }),
  anonymousStatuses: z.array(z.int().min(200).max(499)).default([401, 403]).meta({
    description: "The statuses that mean that nobody is logged in. Any other but these and a redirect: nobody can say.",
  }),
  redirectMeans: z.enum(["anonymous", "unknown"]).default("anonymous").meta({
    description:
      "What a redirect means: `anonymous`, as one to a login page does, or `unknown`. None is ever followed.",
  }),
  timeoutMs: z.int().min(10).max(30_000).default(1_000).meta({ description: "The most time for an answer." }),
  cacheMs: z.int().min(0).max(5_000).default(0).meta({
    description:
      "How long an answer is kept. Nobody reports changes here: a logout that does not pass through this figway is seen this much later.",
  }),
  maxSessions,
  maxConnections: z.int().min(1).max(1_024).default(32).meta({ description: "The most questions at once." }),
  maxAnswerBytes: z.int().min(1).max(1_048_576).default(65_536).meta({ description: "The longest answer in octets." }),
  failuresToPause: z.int().min(1).max(1_000).default(5).meta({
    description: "After so many failures in a row nobody is asked for a moment.",
  }),
  pauseMs: z.int().min(10).max(60_000).default(1_000).meta({ description: "How long that moment is." }),
});

const noneSchema = z.strictObject({ kind: z.literal("none") });

export const sessionSchema = z
  .discriminatedUnion("kind", [expressSessionSchema, whoamiSchema, noneSchema])
  .meta({ description: "How legacy's sessions are read." });

export const tokenSchema = z
  .strictObject({
    issuer: z.string().min(1).default("figway").meta({ description: "The `iss` claim." }),
    ttlSeconds: z
      .int()
      .min(10)
      .max(900)
      .default(60)
      .meta({ description: "The life of a token. A logged-out user's token is good for this long at the most." }),
    algorithm: z.enum(["ES256", "EdDSA"]).default("ES256").meta({ description: "The signature algorithm." }),
  })
  .meta({ description: "The tokens that modern gets." });

export const identitySchema = z
  .strictObject({ session: sessionSchema, token: tokenSchema.prefault({}) })
  .meta({ description: "Who the user is: legacy's session on one side, a short-lived token on the other." });

export type IdentityConfig = z.output<typeof identitySchema>;
export type SessionConfig = z.output<typeof sessionSchema>;
export type ExpressSessionConfig = z.output<typeof expressSessionSchema>;
export type WhoamiConfig = z.output<typeof whoamiSchema>;
export type TokenConfig = z.output<typeof tokenSchema>;
