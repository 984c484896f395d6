import { z } from "zod";

/** The public listener. */
export const listenSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").meta({ description: "The address to listen on." }),
  port: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(3000)
    .meta({ description: "The port; the environment's PORT wins." }),
  trustedProxies: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: "Addresses or CIDR ranges whose X-Forwarded-* fields are believed." }),
});

/** The admin listener: dashboard, JSON API, metrics, health. Never reachable through the public one. */
export const adminSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .meta({ description: "The address to listen on. Beyond loopback a token is needed." }),
  port: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(3001)
    .meta({ description: "The port; the environment's ADMIN_PORT wins." }),
});

export type ListenConfig = z.output<typeof listenSchema>;
export type AdminConfig = z.output<typeof adminSchema>;
