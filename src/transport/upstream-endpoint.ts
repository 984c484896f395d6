import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import tls from "node:tls";
import type { UpstreamConfig, UpstreamTlsConfig } from "../config/schema/upstreams.ts";
import type { Endpoint, EndpointTls } from "./http1/connect-socket.ts";

/**
 * Where an upstream is and how its TLS is checked, read once from its configuration. File names are relative to `folder`. Throws
 * where a file cannot be read or holds no certificate or key.
 */
export function upstreamEndpoint(config: UpstreamConfig, folder: string): Endpoint {
  const url = new URL(config.url);
  const isSecure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  return { host, port, tls: isSecure ? endpointTls(config.tls, host, folder) : undefined };
}

function endpointTls(config: UpstreamTlsConfig | undefined, host: string, folder: string): EndpointTls {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(resolve(folder, file)));
  const context = tls.createSecureContext({
    ca: read(config?.caFile),
    cert: read(config?.certificateFile),
    key: read(config?.keyFile),
  });
  return {
    serverName: config?.serverName ?? host,
    context,
    verify: config?.trustAnyCertificate === true ? "trust-any-certificate" : "verify",
    session: undefined,
  };
}
