import type { RawClient } from "./raw-client.ts";
import type { OriginBehaviour, OriginRequest, RawOrigin } from "./raw-origin.ts";
import { type Field, readMessage, valueOf, valuesOf } from "./read-messages.ts";

export const AREAS = [
  "framing",
  "request-line",
  "host",
  "hop-by-hop",
  "fidelity",
  "answers",
  "interim",
  "trailers",
  "streaming",
  "bad-origin",
  "websocket",
  "hostile-client",
  "keep-alive",
] as const;

export type Area = (typeof AREAS)[number];

/** Why a case failed; undefined: it passed. */
export type Verdict = string | undefined;

interface CaseHead {
  /** Area and number: stable, to be cited. */
  readonly id: string;
  readonly area: Area;
  /** `must`: a specification demands it, or security does. `should`: what a good proxy does. */
  readonly level: "must" | "should";
  readonly title: string;
  /** Default: 200 with the body `ok`. */
  readonly origin?: OriginBehaviour;
}

/** Octets in, then a verdict over what both ends saw. */
export interface OctetCase extends CaseHead {
  readonly client: string;
  /** How many final answers to wait for. Default: 1. */
  readonly answers?: number;
  readonly verdict: (observed: Observed) => Verdict;
}

/** A dialogue, where one exchange of octets does not do. */
export interface PlayCase extends CaseHead {
  readonly play: (scene: Scene) => Promise<Verdict>;
}

export type ConformanceCase = OctetCase | PlayCase;

export interface Scene {
  readonly origin: RawOrigin;
  connect(octets?: string): RawClient;
}

/** An answer as a client reads it. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  readonly fields: readonly Field[];
  readonly trailers: readonly Field[];
  readonly framing: "none" | "length" | "chunked" | "until-close";
  /** The end of the body was told and came. */
  readonly complete: boolean;
  field(name: string): string | undefined;
  all(name: string): string[];
}

export interface Observed {
  /** Final answers, in order. */
  readonly answers: readonly Answer[];
  /** Interim answers (1xx), in order. */
  readonly interim: readonly Answer[];
  /** What the client received that is no answer. */
  readonly rest: string;
  readonly raw: string;
  readonly closed: boolean;
  readonly requests: readonly OriginRequest[];
  /** What the origin received that is no request. */
  readonly garbage: readonly string[];
}

/** Reads everything a client received. `methods` in the order sent, because the answer to HEAD has no body. */
export function readAnswers(raw: string, methods: readonly string[]): Pick<Observed, "answers" | "interim" | "rest"> {
  const answers: Answer[] = [];
  const interim: Answer[] = [];
  let at = 0;
  while (at < raw.length) {
    const read = readMessage(raw, at, methods[answers.length] === "HEAD" ? "answer-without-body" : "answer");
    if (read === undefined || typeof read === "string") break;
    const { message } = read;
    const line = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(message.startLine);
    if (line === null) break;
    const status = Number(line[1]);
    const answer: Answer = {
      ...message,
      status,
      reason: line[2] ?? "",
      field: (name) => valueOf(message.fields, name),
      all: (name) => valuesOf(message.fields, name),
    };
    at = read.end;
    if (status < 200 && status !== 101) interim.push(answer);
    else answers.push(answer);
    if (status === 101 || !message.complete) break;
  }
  return { answers, interim, rest: raw.slice(at) };
}

/** The methods in the octets that a client sends, in order; good enough for the cases here. */
export function methodsIn(octets: string): string[] {
  return [...octets.matchAll(/(?:^|\n)([A-Za-z]+) \S+ HTTP\/\d\.\d\r?\n/g)].map((match) => match[1] as string);
}
