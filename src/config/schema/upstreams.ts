import { z } from "zod";

const milliseconds = z.int().min(1).max(86_400_000);

/** One upstream: a base URL with limits. */
export const upstreamSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .regex(/^[^?#]*$/, "must hold neither ? nor #")
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
    maxConnections: z.int().min(1).max(65_535).default(256).meta({ description: "The most connections at once." }),
  })
  .meta({ description: "An upstream: a base URL with limits." });

export type UpstreamConfig = z.output<typeof upstreamSchema>;
