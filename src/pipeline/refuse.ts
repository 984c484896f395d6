import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { GATEWAY_ERRORS, GatewayError } from "../model/gateway-error.ts";
import { firstFieldValue } from "../model/raw-headers.ts";
import { describeError } from "../telemetry/log.ts";
import { type ClientSide, sendAnswer } from "../transport/client-side.ts";
import { hasBody } from "../transport/request-framing.ts";
import type { Exchange } from "./exchange.ts";
import type { Services } from "./services.ts";
import { strictTransport } from "./strict-transport.ts";

/**
 * The one place where figway answers for itself: `application/problem+json` (RFC 9457), or a small page where a person is
 * looking. The client learns the code and one sentence; the detail goes to the log alone. Never throws.
 */
export function refuse(exchange: Exchange, error: unknown, responder: ClientSide | Duplex, services: Services): void {
  const refusal =
    error instanceof GatewayError ? error : new GatewayError("internal", describeError(error), { cause: error });
  services.metrics.requestRefused(refusal.code);
  const level = refusal.status >= 500 ? "error" : "info";
  services.log[level]("refused", {
    id: exchange.id,
    method: exchange.method,
    target: pathOnly(exchange.request.target),
    status: refusal.status,
    code: refusal.code,
    detail: refusal.message,
    client: exchange.clientAddress,
    durationMs: Math.round((services.monotonicMs() - exchange.startedAtMs) * 100) / 100,
    ...(refusal.code === "internal" && error instanceof Error ? { stack: error.stack } : {}),
  });
  const body = wantsHtml(exchange) ? page(exchange, refusal) : problem(exchange, refusal);
  const fields = fieldsOf(refusal, body);
  const hsts = strictTransport(exchange);
  if (hsts !== undefined) fields.push("Strict-Transport-Security", hsts);
  if ("closeAfter" in responder) writeAnswer(exchange, responder, refusal, fields, body.text);
  else writeToSocket(responder, refusal, fields, body.text);
}

/** The path without its query: queries carry reset tokens and names. */
export function pathOnly(target: string): string {
  const question = target.indexOf("?");
  return question === -1 ? target : target.slice(0, question);
}

interface Body {
  readonly type: string;
  readonly text: string;
}

function problem(exchange: Exchange, refusal: GatewayError): Body {
  const { title } = GATEWAY_ERRORS[refusal.code];
  const members = {
    type: `urn:figway:problem:${refusal.code}`,
    title,
    status: refusal.status,
    code: refusal.code,
    requestId: exchange.id,
  };
  return { type: "application/problem+json", text: `${JSON.stringify(members)}\n` };
}

function page(exchange: Exchange, refusal: GatewayError): Body {
  const { title } = GATEWAY_ERRORS[refusal.code];
  const again = refusal.retryAfterSeconds === undefined ? "" : "<p>Please try again in a moment.</p>";
  const text = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${refusal.status}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color:#222}small{color:#666}</style></head>
<body><h1>${title}</h1>${again}<p><small>Status ${refusal.status}, reference ${exchange.id}</small></p></body></html>
`;
  return { type: "text/html; charset=utf-8", text };
}

function wantsHtml(exchange: Exchange): boolean {
  return exchange.kind === "request" && /\btext\/html\b/i.test(firstFieldValue(exchange.headers, "accept") ?? "");
}

function fieldsOf(refusal: GatewayError, body: Body): string[] {
  const fields = [
    "Content-Type",
    body.type,
    "Content-Length",
    String(Buffer.byteLength(body.text)),
    "Cache-Control",
    "no-store",
  ];
  if (refusal.retryAfterSeconds !== undefined) fields.push("Retry-After", String(refusal.retryAfterSeconds));
  fields.push(...refusal.fields);
  // RFC 9110 §11.6.1: a 401 names the scheme. Ours is the application's own log-in, so the scheme is one that no browser pops up for.
  if (refusal.status === 401) fields.push("WWW-Authenticate", 'Session realm="figway"');
  if (refusal.code === "method-not-allowed") fields.push("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  return fields;
}

function writeAnswer(
  { request, method }: Exchange,
  client: ClientSide,
  refusal: GatewayError,
  fields: string[],
  text: string,
): void {
  if (client.gone) return;
  if (client.started) {
    // Half an answer cannot be taken back: cutting the connection is the only way to say that it is not whole.
    client.cut();
    return;
  }
  // An unread body would be taken for the next request, or keep the client sending: the connection ends with this answer. So it
  // does behind whatever cannot be understood: then it is in doubt as well what the next request would be (RFC 9112 §6.1, §6.3).
  if (refusal.status === 400 || (hasBody(request.facts.framing) && !request.complete)) client.closeAfter();
  sendAnswer(client, refusal.status, fields, method === "HEAD" ? "" : text);
}

function writeToSocket(socket: Duplex, refusal: GatewayError, fields: string[], text: string): void {
  if (socket.destroyed || !socket.writable) return;
  let head = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}\r\n`;
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
  socket.end(`${head}Connection: close\r\n\r\n${text}`);
}
