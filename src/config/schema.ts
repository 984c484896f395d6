import { z } from "zod";
import { accessSchema, developerSchema } from "./schema/access.ts";
import { flagsSchema } from "./schema/flags.ts";
import { identitySchema } from "./schema/identity.ts";
import { adminSchema, listenSchema } from "./schema/listen.ts";
import { rateLimitSchema } from "./schema/rate-limit.ts";
import { routeSchema } from "./schema/routes.ts";
import { upstreamSchema } from "./schema/upstreams.ts";

/** routes.json: the one source of config types, validation, the published JSON Schema and docs/configuration.md. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().meta({ description: "Where editors find the JSON Schema of this file." }),
  listen: listenSchema.prefault({}).meta({ description: "The public listener." }),
  admin: adminSchema.prefault({}).meta({
    description: "The admin listener: dashboard, JSON API, metrics, health. Never reachable through the public one.",
  }),
  upstreams: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), upstreamSchema)
    .meta({ description: "The upstreams by name. `legacy` must be among them; every other one is token-based." }),
  identity: identitySchema,
  flags: flagsSchema.prefault({ source: "file" }),
  access: accessSchema.prefault({}).meta({
    description:
      "What figway answers where a route's `auth` or `roles` are not met, and whom it believes a cookie from.",
  }),
  rateLimit: rateLimitSchema.optional().meta({
    description: "How much one client may ask for; more is answered with 429. Default: no limit.",
  }),
  developer: developerSchema.prefault({}).meta({ description: "What a developer is shown." }),
  routes: z
    .array(routeSchema)
    .min(1)
    .meta({ description: "The routes. The most specific one wins, whatever their order." }),
  stateDir: z.string().min(1).default(".figway").meta({
    description:
      "Where figway keeps what must survive a restart (last known flags, keys, audit trail), relative to routes.json.",
  }),
});

/** A validated, frozen configuration. */
export type Config = z.output<typeof configSchema>;
