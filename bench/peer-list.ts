import { spawnSync } from "node:child_process";

/** One thing that is measured. */
export interface Peer {
  readonly name: string;
  readonly title: string;
  /** `full`: cookie → session → token → flag → modern. `pass-through`: to legacy as it came. */
  readonly job: "pass-through" | "full";
  /** Whether a connection's requests all have the same fields, or never the same as the one before: figway reads repeated ones once. */
  readonly fields: "repeated" | "varied";
  /** A file in bench/peers. */
  readonly file: string;
  readonly args: readonly string[];
  /** On Node, and therefore comparable in tail latency. */
  readonly onNode: boolean;
  readonly isFigway: boolean;
  /** Also measured with `--quick`. */
  readonly quick: boolean;
  /** A program that must be on PATH. */
  readonly needs?: string;
  /** From bench/package.json. */
  readonly fromNpm: boolean;
}

export const PASS_THROUGH = "figway";
export const FULL_JOB = "figway-full";
export const PASS_THROUGH_NO_LOG = "figway-no-log";
export const FULL_JOB_NO_LOG = "figway-full-no-log";
export const HTTP_PROXY = "http-proxy-1";
export const NGINX_AUTH = "nginx-auth";

const figway = { file: "figway.ts", fields: "repeated", onNode: true, isFigway: true, fromNpm: false } as const;
const onNode = {
  job: "pass-through",
  fields: "repeated",
  onNode: true,
  isFigway: false,
  quick: false,
  fromNpm: true,
} as const;
const native = { fields: "repeated", onNode: false, isFigway: false, quick: true, fromNpm: false } as const;

export const PEERS: readonly Peer[] = [
  { ...figway, name: PASS_THROUGH, title: "figway, pass-through", job: "pass-through", args: ["info"], quick: true },
  { ...figway, name: FULL_JOB, title: "figway, full job", job: "full", args: ["info"], quick: true },
  {
    ...figway,
    name: PASS_THROUGH_NO_LOG,
    title: "figway, pass-through, no log",
    job: "pass-through",
    args: ["silent"],
    quick: true,
  },
  {
    ...figway,
    name: FULL_JOB_NO_LOG,
    title: "figway, full job, no log",
    job: "full",
    args: ["silent"],
    quick: true,
  },
  {
    ...figway,
    name: "figway-varied",
    title: "figway, pass-through, varied fields",
    job: "pass-through",
    fields: "varied",
    args: ["info"],
    quick: false,
  },
  {
    ...figway,
    name: "figway-full-varied",
    title: "figway, full job, varied fields",
    job: "full",
    fields: "varied",
    args: ["info"],
    quick: false,
  },
  {
    ...onNode,
    name: HTTP_PROXY,
    title: "http-proxy 1.18.1",
    file: "http-proxy.ts",
    args: ["http-proxy-1"],
    quick: true,
  },
  { ...onNode, name: "http-proxy-3", title: "http-proxy-3", file: "http-proxy.ts", args: ["http-proxy-3"] },
  {
    ...onNode,
    name: "http-proxy-middleware",
    title: "http-proxy-middleware",
    file: "http-proxy-middleware.ts",
    args: [],
  },
  { ...onNode, name: "fastify", title: "@fastify/http-proxy", file: "fastify-http-proxy.ts", args: [] },
  { ...onNode, name: "fast-proxy", title: "fast-proxy", file: "fast-proxy.ts", args: [] },
  {
    ...onNode,
    name: "undici",
    title: "node:http + undici, bare",
    file: "undici-dispatch.ts",
    args: [],
    quick: true,
    fromNpm: false,
  },
  {
    ...onNode,
    name: "raw",
    title: "raw sockets, nothing read",
    // No proxy, so its tail is nobody's measure.
    onNode: false,
    file: "raw-sockets.ts",
    args: [],
    fromNpm: false,
  },
  {
    ...native,
    name: "nginx",
    title: "nginx",
    job: "pass-through",
    file: "nginx.ts",
    args: ["pass-through"],
    needs: "nginx",
  },
  {
    ...native,
    name: NGINX_AUTH,
    title: "nginx + auth_request + Node",
    job: "full",
    file: "nginx.ts",
    args: ["auth-request"],
    needs: "nginx",
  },
  {
    ...native,
    name: "haproxy",
    title: "HAProxy",
    job: "pass-through",
    file: "haproxy.ts",
    args: [],
    quick: false,
    needs: "haproxy",
  },
];

/** Why a peer cannot be measured here; undefined where it can. */
export function whyNotHere({ name, needs }: Peer): string | undefined {
  if (needs === undefined) return undefined;
  if (spawnSync(needs, ["-v"]).error !== undefined) return `${needs} is not on PATH`;
  if (name !== NGINX_AUTH) return undefined;
  const { stderr } = spawnSync("nginx", ["-V"], { encoding: "utf8" });
  return stderr.includes("http_auth_request_module") ? undefined : "this nginx was built without auth_request";
}
