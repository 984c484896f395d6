import { GatewayError } from "../model/gateway-error.ts";
import { firstFieldValue } from "../model/raw-headers.ts";
import { type ClientSide, sendAnswer } from "../transport/client-side.ts";
import type { Exchange } from "./exchange.ts";
import type { EffectiveTarget } from "./screen-framing.ts";
import type { Services } from "./services.ts";

/** Paths below this prefix are figway's own on the public listener; everything else belongs to the applications. */
const RESERVED_PREFIX = "/.figway/";

export function isReserved(target: string): boolean {
  return target.startsWith(RESERVED_PREFIX);
}

/**
 * figway has no WebSocket of its own, and what is below its prefix is no application's.
 *
 * @throws GatewayError `not-found`
 */
export function refuseReserved({ target }: EffectiveTarget): void {
  if (isReserved(target)) throw new GatewayError("not-found", `figway has no WebSocket at ${target}`);
}

/** The published keys, and whether this replica may take traffic. */
export function answerReserved(
  exchange: Exchange,
  { target }: EffectiveTarget,
  client: ClientSide,
  services: Services,
): void {
  if (exchange.method !== "GET" && exchange.method !== "HEAD") {
    throw new GatewayError("method-not-allowed", `${exchange.method} on ${target}`);
  }
  const path = target.split("?", 1)[0];
  if (path === "/.figway/jwks.json") {
    const { body, etag, headers } = services.publishedKeys();
    const isKnown = firstFieldValue(exchange.headers, "if-none-match") === etag;
    answer(isKnown ? 304 : 200, Object.entries(headers).flat(), isKnown ? "" : body);
  } else if (path === "/.figway/health") {
    const { ready } = services.readiness();
    const fields = ["Content-Type", "application/json", "Cache-Control", "no-store"];
    answer(ready ? 200 : 503, fields, `${JSON.stringify({ status: ready ? "ok" : "unavailable" })}\n`);
  } else {
    throw new GatewayError("not-found", `figway has nothing at ${target}`);
  }

  function answer(status: number, fields: string[], body: string): void {
    if (status !== 304) fields.push("Content-Length", String(Buffer.byteLength(body)));
    sendAnswer(client, status, fields, exchange.method === "HEAD" ? "" : body);
  }
}
