import { GatewayError, type GatewayErrorCode } from "../../model/gateway-error.ts";
import type { ClientRequest } from "../client-request.ts";
import { splitAbsoluteForm } from "./split-absolute-form.ts";
import { isValidHost } from "./valid-host.ts";

/** How much of a request is accepted; the rest of `listen.limits` belongs to the listener. */
export interface ScreenLimits {
  readonly maxTargetBytes: number;
  readonly maxHeaderFields: number;
}

/** What screening says of a request. */
export type ScreenedRequest =
  | {
      readonly kind: "ok";
      /** The host asked for: of an absolute-form target, else of the Host field; never empty. */
      readonly host: string;
      /** The target in origin form (or `*` of OPTIONS), byte for byte as it came. */
      readonly target: string;
      /** What `Max-Forwards` must say to the next server (RFC 9110 §7.6.2); undefined where it has no meaning. */
      readonly maxForwards: number | undefined;
    }
  | { readonly kind: "refused"; readonly error: GatewayError };

/** Every octet that RFC 3986 leaves out of a URI but that servers take all the same stays in: `"<>\^`{|}`. `#` does not: it ends a target. */
const TARGET = /^[\x21\x22\x24-\x7e]+$/;

/** What screening reads of a request. */
export type Screened = Pick<
  ClientRequest,
  "method" | "target" | "httpVersionMinor" | "rawHeaders" | "facts" | "socket"
>;

/**
 * Refuses what could be read in two ways. The parsers have by then refused whatever breaks the grammar (docs/conformance.md);
 * this covers what a well-formed message can still be ambiguous in. Pure.
 */
export function screenRequest(request: Screened, limits: ScreenLimits): ScreenedRequest {
  return (
    screenLine(request, limits) ??
    screenFields(request, limits) ??
    effectiveTarget(request, request.facts.host ?? ownAuthority(request))
  );
}

function screenLine({ method, target }: Screened, limits: ScreenLimits): ScreenedRequest | undefined {
  if (method === "TRACE") return refused("method-not-allowed", "TRACE would show the client what figway adds");
  if (method === "CONNECT") return refused("not-implemented", `${method} is not served`);
  if (target.length > limits.maxTargetBytes)
    return refused("target-too-long", `the target has ${target.length} octets`);
  if (!TARGET.test(target))
    return refused("bad-request", "the target holds an octet that no URI may hold (RFC 3986 §2)");
  return undefined;
}

function screenFields(request: Screened, limits: ScreenLimits): ScreenedRequest | undefined {
  const count = request.rawHeaders.length / 2;
  if (count > limits.maxHeaderFields) return refused("fields-too-large", `the request has ${count} header fields`);
  const { ambiguity } = request.facts;
  return (
    screenHost(request) ??
    (ambiguity === undefined ? undefined : refused("ambiguous-framing", ambiguity)) ??
    screenExpectation(request)
  );
}

/** RFC 9112 §3.2: no Host (but in HTTP/1.0), several, or an invalid one is answered with 400. */
function screenHost({ facts, httpVersionMinor }: Screened): ScreenedRequest | undefined {
  if (facts.hostCount > 1) return refused("bad-host", "the request has several Host fields");
  if (facts.host === undefined) {
    return httpVersionMinor === 0 ? undefined : refused("bad-host", "the request has no Host field");
  }
  return isValidHost(facts.host) ? undefined : refused("bad-host", "the Host field is no host with an optional port");
}

/** RFC 9110 §10.1.1: 100-continue is the only expectation there is; HTTP/1.0 has none. */
function screenExpectation({ facts, httpVersionMinor }: Screened): ScreenedRequest | undefined {
  if (facts.expect === undefined || httpVersionMinor === 0) return undefined;
  if (facts.expect.toLowerCase() === "100-continue") return undefined;
  return refused("expectation-failed", "only 100-continue can be expected");
}

function effectiveTarget({ method, target, facts }: Screened, host: string): ScreenedRequest {
  const maxForwards = method === "OPTIONS" ? oneLess(facts.maxForwards) : undefined;
  if (target.charCodeAt(0) === 0x2f) return { kind: "ok", host, target, maxForwards };
  if (target === "*") {
    if (method === "OPTIONS") return { kind: "ok", host, target, maxForwards };
    return refused("bad-request", "the target * is for OPTIONS alone (RFC 9112 §3.2.4)");
  }
  const absolute = splitAbsoluteForm(target, method);
  if (absolute === undefined || !isValidHost(absolute.host)) {
    return refused("bad-request", "the target is neither a path nor an absolute http URI");
  }
  return { kind: "ok", host: absolute.host, target: absolute.target, maxForwards };
}

function oneLess(maxForwards: string | undefined): number | undefined {
  return maxForwards !== undefined && /^\d{1,9}$/.test(maxForwards) ? Math.max(0, Number(maxForwards) - 1) : undefined;
}

/** What an HTTP/1.0 request without Host is for: the address that it came to (RFC 9110 §7.2 knows no better). */
function ownAuthority({ socket }: Screened): string {
  const address = socket.localAddress ?? "localhost";
  return `${address.includes(":") ? `[${address}]` : address}:${socket.localPort ?? 80}`;
}

function refused(code: GatewayErrorCode, detail: string): ScreenedRequest {
  return { kind: "refused", error: new GatewayError(code, detail) };
}
