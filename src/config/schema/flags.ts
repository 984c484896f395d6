import { z } from "zod";

/** Unleash's client API lies below `/api`; people give the address with and without it. */
function unleashApiUrl(url: string): string {
  const trimmed = url.replace(/\/+$/, "");
  return trimmed.endsWith("/api") ? trimmed : `${trimmed}/api`;
}

const fileFlags = z.strictObject({
  source: z.literal("file"),
  file: z.string().min(1).default("flags.json").meta({ description: "The flag file, relative to routes.json." }),
});

const unleashFlags = z.strictObject({
  source: z.literal("unleash"),
  url: z
    .url({ protocol: /^https?$/ })
    .transform(unleashApiUrl)
    .meta({ description: "The address of Unleash, such as http://127.0.0.1:4242, with or without /api at its end." }),
  token: z
    .string()
    .min(1)
    .meta({ description: "A backend token of Unleash. Give it through the environment.", writeOnly: true }),
  appName: z
    .string()
    .min(1)
    .default("figway")
    .meta({ description: "The name under which figway is known to Unleash." }),
  refreshIntervalMs: z.int().min(100).max(3_600_000).default(500).meta({
    description:
      "How often Unleash is asked, in milliseconds. Its own revision timer runs each second, so that a flip is seen within 1.5 s; asking more often gains little, and an answer without news costs next to nothing (304).",
  }),
});

/** Where flags come from. Both sources feed the same evaluator. */
export const flagsSchema = z.discriminatedUnion("source", [fileFlags, unleashFlags]).meta({
  description: "Where flags come from. Both sources feed the same evaluator, so a flag means the same in both.",
});

export type FlagsConfig = z.output<typeof flagsSchema>;
export type FileFlagsConfig = z.output<typeof fileFlags>;
export type UnleashFlagsConfig = z.output<typeof unleashFlags>;
