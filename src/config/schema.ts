import { z } from "zod";
import { accessSchema, developerSchema } from "./schema/access.ts";
import { flagsSchema } from "./schema/flags.ts";
import { identitySchema } from "./schema/identity.ts";
import { adminSchema, listenSchema } from "./schema/listen.ts";
import { routeSchema } from "./schema/routes.ts";
import { upstreamSchema } from "./schema/upstreams.ts";

/** routes.json: the one source of config types, validation, the published JSON Schema and docs/configuration.md. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().meta({ description: "Where editors find the JSON Schema of this file." }),
  listen: listenSchema.prefault({}),
  admin: adminSchema.prefault({}),
  upstreams: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), upstreamSchema)
    .meta({ description: "The upstreams by name. `legacy` must be among them; every other one is token-based." }),
  identity: identitySchema,
  flags: flagsSchema.prefault({ source: "file" }),
  access: accessSchema.prefault({}),
  developer: developerSchema.prefault({}),
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
