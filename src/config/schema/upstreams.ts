import { z } from "zod";

const milliseconds = z.int().min(1).max(86_400_000);

const tlsSchema = z.strictObject({
  caFile: z.string().min(1).optional().meta({
    description: "The authorities that are trusted, in PEM, relative to routes.json. Default: those of the system.",
  }),
  certificateFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The certificate that figway shows (mTLS), in PEM, relative to routes.json." }),
  keyFile: z.string().min(1).optional().meta({ description: "The key of that certificate, in PEM." }),
  serverName: z.string().min(1).optional().meta({
    description: "The name that is asked for and checked. Default: the host of the URL.",
  }),
  trustAnyCertificate: z.boolean().default(false).meta({
    description: "Checks nothing: anyone on the way can pose as the upstream. For a laptop only.",
  }),
});

const ratio = z.number().gt(0).max(1);

const breakerSchema = z.strictObject({
  consecutiveFailures: z.int().min(0).max(1_000).default(5).meta({
    description:
      "After so many exchanges in a row that found nobody (no connection, no answer in time) the upstream is ejected. 0: never.",
  }),
  failureRatio: ratio.optional().meta({
    description:
      "Ejects also when this share of the exchanges fails in any way before an answer, invalid answers included. Default: not looked at.",
  }),
  minimumExchanges: z
    .int()
    .min(1)
    .default(20)
    .meta({ description: "The ratio is looked at from so many exchanges on." }),
  windowMs: milliseconds.default(10_000).meta({ description: "The time over which the ratio is taken." }),
  ejectMs: milliseconds.default(1_000).meta({
    description:
      "How long nothing is sent after an ejection. It doubles with each one in a row; then one request tries.",
  }),
  maxEjectMs: milliseconds.default(10_000).meta({ description: "The longest ejection." }),
});

const checkSchema = z.strictObject({
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/)
    .meta({ description: "What is asked for with GET. An answer from 200 to 399 is healthy." }),
  intervalMs: milliseconds.default(5_000).meta({ description: "How often." }),
  timeoutMs: milliseconds.default(2_000).meta({ description: "The most time for an answer." }),
  unhealthyAfter: z.int().min(1).default(3).meta({ description: "So many failures in a row eject the upstream." }),
  healthyAfter: z.int().min(1).default(1).meta({ description: "So many successes in a row bring it back." }),
});

/** The breaker of an upstream from which a route falls back, where nothing else is said. */
export const DEFAULT_BREAKER: BreakerConfig = breakerSchema.parse({});

/** One upstream: a base URL with limits. */
export const upstreamSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .refine((url) => !/[?#]/.test(url), "must hold neither ? nor #")
      .meta({
        description: "Base URL: `http` or `https`, host, port. A path is put in front of every forwarded target.",
      }),
    audience: z
      .string()
      .min(1)
      .optional()
      .meta({ description: "The `aud` of tokens minted for this upstream. Default: the upstream's name." }),
    connectTimeoutMs: milliseconds.default(2_000).meta({ description: "The most time for a connection to be made." }),
    firstByteTimeoutMs: milliseconds
      .default(30_000)
      .meta({ description: "The most time from the end of the request to the head of the answer." }),
    idleTimeoutMs: milliseconds.default(60_000).meta({
      description: "The most time in which neither side of a body moves. Event streams need heartbeats within it.",
    }),
    maxConnections: z.int().min(1).max(65_535).default(1_024).meta({
      description: "The most connections at once. Event streams and long polls hold one each; WebSockets do not count.",
    }),
    maxQueued: z.int().min(0).max(65_535).default(256).meta({
      description: "How many exchanges may wait for a connection. One more is answered with 503.",
    }),
    queueTimeoutMs: milliseconds.default(1_000).meta({
      description: "The most time an exchange waits for a connection. After it, 503.",
    }),
    keepAliveTimeoutMs: milliseconds.default(4_000).meta({
      description:
        "How long an unused connection is kept. Below the shortest limit in use, Node's five seconds: who closes first cannot be hit by a close.",
    }),
    tls: tlsSchema.optional().meta({ description: "How an https upstream is checked, and what figway shows it." }),
    breaker: breakerSchema.optional().meta({
      description:
        "When an upstream that fails is left alone for a while. Default: as below for an upstream from which some route falls back to legacy; never for the others, since with nobody else to ask, an early 503 helps no one.",
    }),
    check: checkSchema
      .optional()
      .meta({ description: "Asks the upstream at intervals whether it is well. Default: never." }),
  })
  .meta({ description: "An upstream: a base URL with limits." });

export type UpstreamConfig = z.output<typeof upstreamSchema>;
export type UpstreamTlsConfig = z.output<typeof tlsSchema>;
export type BreakerConfig = z.output<typeof breakerSchema>;
