import type { Answer, Observed, Verdict } from "./conformance-case.ts";
import type { OriginRequest } from "./raw-origin.ts";

/** The first verdict that fails, if any. */
export function every(...verdicts: Verdict[]): Verdict {
  return verdicts.find((verdict) => verdict !== undefined);
}

export function check(holds: boolean, otherwise: string): Verdict {
  return holds ? undefined : otherwise;
}

export function show(octets: string): string {
  return JSON.stringify(octets.length > 300 ? `${octets.slice(0, 300)}…` : octets);
}

/** One answer with one of these statuses, and nothing reached the origin. */
export function refused(observed: Observed, ...statuses: number[]): Verdict {
  const seen = observed.answers.map((answer) => answer.status);
  return every(
    check(observed.requests.length === 0, `${observed.requests.length} requests reached the origin`),
    check(observed.garbage.length === 0, `garbage reached the origin: ${observed.garbage[0]}`),
    check(
      seen.length === 1 && statuses.includes(seen[0] as number),
      `answered [${seen}] instead of one of [${statuses}]`,
    ),
  );
}

/** Refused by an answer, or by closing without one; in any case nothing complete reached the origin. */
export function refusedOrClosed(observed: Observed, ...statuses: number[]): Verdict {
  const whole = observed.requests.filter((request) => request.message().complete);
  const bad = observed.answers.filter((answer) => !statuses.includes(answer.status));
  return every(
    check(whole.length === 0, `${whole.length} complete requests reached the origin`),
    check(observed.garbage.length === 0, `garbage reached the origin: ${observed.garbage[0]}`),
    check(bad.length === 0, `answered ${bad[0]?.status}`),
    check(observed.answers.length === 1 || observed.closed, "neither answered nor closed"),
  );
}

/** Exactly one request reached the origin, and the client got its answer. */
export function forwardedOnce(observed: Observed, judge: (request: OriginRequest, answer: Answer) => Verdict): Verdict {
  const [request] = observed.requests;
  const [answer] = observed.answers;
  const wrong = every(
    check(observed.garbage.length === 0, `garbage reached the origin: ${observed.garbage[0]}`),
    check(observed.requests.length === 1, `${observed.requests.length} requests reached the origin`),
    check(observed.answers.length === 1, `${observed.answers.length} answers came back: ${show(observed.raw)}`),
  );
  return wrong ?? judge(request as OriginRequest, answer as Answer);
}

/** Either refused with nothing forwarded, or forwarded as one request. */
export function refusedOrOne(
  observed: Observed,
  judge: (request: OriginRequest) => Verdict = () => undefined,
): Verdict {
  if (observed.requests.length === 0)
    return refusedOrClosed(observed, 400, 408, 411, 413, 414, 417, 421, 431, 501, 505);
  return forwardedOnce(observed, (request) => judge(request));
}

export function equal(what: string, actual: unknown, expected: unknown): Verdict {
  return check(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: ${JSON.stringify(actual)?.slice(0, 300)} instead of ${JSON.stringify(expected)?.slice(0, 300)}`,
  );
}
