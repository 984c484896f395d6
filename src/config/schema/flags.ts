import { z } from "zod";

const fileFlags = z.strictObject({
  source: z.literal("file"),
  file: z.string().min(1).default("flags.json").meta({ description: "The flag file, relative to routes.json." }),
});

const unleashFlags = z.strictObject({
  source: z.literal("unleash"),
  url: z.url({ protocol: /^https?$/ }).meta({ description: "The Unleash API, as http://host:4242/api." }),
  token: z.string().min(1).meta({ description: "A backend token of Unleash." }),
  appName: z.string().min(1).default("figway"),
  refreshIntervalMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(1_000)
    .meta({ description: "How often Unleash is asked." }),
});

/** Where flags come from. Both sources feed the same evaluator. */
export const flagsSchema = z.discriminatedUnion("source", [fileFlags, unleashFlags]);

export type FlagsConfig = z.output<typeof flagsSchema>;
export type FileFlagsConfig = z.output<typeof fileFlags>;
export type UnleashFlagsConfig = z.output<typeof unleashFlags>;
