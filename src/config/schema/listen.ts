import { z } from "zod";

const milliseconds = z.int().min(1).max(86_400_000);

const limitsSchema = z.strictObject({
  maxTargetBytes: z
    .int()
    .min(64)
    .max(65_536)
    .default(8_192)
    .meta({ description: "The longest request target (path and query); a longer one is answered with 414." }),
  maxHeaderBytes: z
    .int()
    .min(1_024)
    .max(1_048_576)
    .default(32_768)
    .meta({ description: "The largest request head, and the largest trailer section; more is answered with 431." }),
  maxHeaderFields: z
    .int()
    .min(8)
    .max(10_000)
    .default(200)
    .meta({ description: "The most header fields in a request; more are answered with 431." }),
  maxConnections: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20_000)
    .meta({ description: "The most client connections at once; further ones are closed." }),
});

const timeoutsSchema = z.strictObject({
  headerTimeoutMs: milliseconds
    .default(10_000)
    .meta({ description: "The most time for a request head to arrive; then 408 and the connection is closed." }),
  bodyIdleTimeoutMs: milliseconds.default(30_000).meta({
    description:
      "The time in which 256 octets of a request body must arrive while figway is ready to read them (one, once the answer has begun).",
  }),
  requestTimeoutMs: z.int().min(0).max(86_400_000).default(0).meta({
    description: "The most time for a whole request, head and body, to arrive. 0: no limit but the idle one.",
  }),
  keepAliveTimeoutMs: milliseconds.default(65_000).meta({
    description: "How long an idle client connection is kept. Longer than the balancer in front keeps its own.",
  }),
  halfCloseGraceMs: milliseconds.default(600).meta({
    description:
      "How long a client that has closed its sending side may go on without taking a byte of its answer. One that left looks the same.",
  }),
  lingerMs: milliseconds.default(2_000).meta({
    description:
      "How long the rest of a refused request is read and thrown away, so that the client can read the answer.",
  }),
  webSocketIdleTimeoutMs: milliseconds
    .default(300_000)
    .meta({ description: "The most time in which neither side of a WebSocket says anything." }),
  drainDelayMs: z.int().min(0).max(600_000).default(0).meta({
    description:
      "How long a figway that was asked to stop still takes requests while it says that it is not ready. As long as the balancer in front needs to notice.",
  }),
  drainTimeoutMs: milliseconds
    .default(10_000)
    .meta({ description: "How long a stopping figway waits for exchanges in flight before it cuts them." }),
});

const tlsSchema = z.strictObject({
  certificateFile: z.string().min(1).meta({
    description:
      "The certificate chain in PEM, relative to routes.json. Watched: a new one is used for new connections.",
  }),
  keyFile: z.string().min(1).meta({ description: "The private key in PEM, relative to routes.json." }),
  minimumVersion: z.enum(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2").meta({ description: "The oldest TLS accepted." }),
  http2: z.boolean().default(true).meta({
    description: "Whether clients may choose HTTP/2 (ALPN). WebSockets come over HTTP/1.1 in any case.",
  }),
  hstsMaxAgeSeconds: z.int().min(0).max(3_153_600_000).optional().meta({
    description:
      "Tells browsers to use https alone for so long (Strict-Transport-Security, RFC 6797), in place of what the applications say. 0 takes it back. Default: nothing is said.",
  }),
});

/** The public listener. */
export const listenSchema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").meta({ description: "The address to listen on." }),
  port: z.int().min(0).max(65_535).default(3000).meta({ description: "The port; the environment's PORT wins." }),
  reusePort: z.boolean().default(false).meta({
    description:
      "Whether another figway may listen on the same port (SO_REUSEPORT), so that the next one is there before this one ends. Not on every system.",
  }),
  trustedProxies: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: "Addresses or CIDR ranges whose X-Forwarded-* fields are believed." }),
  limits: limitsSchema.prefault({}).meta({ description: "How large a request may be." }),
  timeouts: timeoutsSchema.prefault({}).meta({ description: "How long a client may take." }),
  tls: tlsSchema.optional().meta({ description: "Serve HTTPS instead of HTTP." }),
});

/** The admin listener: dashboard, JSON API, metrics, health. Never reachable through the public one. */
export const adminSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .meta({ description: "The address to listen on. Beyond loopback a token is needed." }),
  port: z.int().min(0).max(65_535).default(3001).meta({ description: "The port; the environment's ADMIN_PORT wins." }),
});

export type InboundLimits = z.output<typeof limitsSchema>;
export type InboundTimeouts = z.output<typeof timeoutsSchema>;
export type InboundTls = z.output<typeof tlsSchema>;
export type ListenConfig = z.output<typeof listenSchema>;
export type AdminConfig = z.output<typeof adminSchema>;
