import type { ExpectedSession } from "./expected-session.ts";
import type { Finding } from "./finding.ts";
import type { ChangesSeen, RedisSeen } from "./observations.ts";

/** More than this and tokens may be refused as expired or not valid yet (TRAPS 27), in milliseconds. */
const MAX_SKEW_MS = 2_000;
/** What keyspace events need: the channel, generic commands, strings, expiry. */
const WANTED_EVENTS = "Kg$x";

/** How soon figway learns of changes in Redis, and whether the clocks agree. */
export function judgeRedis(
  { changes, redis }: { changes: ChangesSeen | undefined; redis: RedisSeen | undefined },
  { cache }: ExpectedSession,
): Finding[] {
  if (redis === undefined) return [];
  const findings = changes === undefined ? [] : [judgeInvalidation(changes, redis, cache)];
  findings.push(judgeClock(redis.skewMs));
  return findings;
}

function judgeInvalidation(
  { mode, refusal, reported }: ChangesSeen,
  { keyspaceEvents }: RedisSeen,
  cache: boolean,
): Finding {
  const topic = "invalidation";
  if (!cache) {
    const evidence = "identity.session.cache is false: figway reads every session for every request.";
    return { topic, verdict: "ok", evidence };
  }
  if (mode === "tracking" && reported !== false) {
    const tried = reported === true ? "and reported legacy's own changes at once" : "but nobody logged in to try it";
    const evidence = `Redis agrees to CLIENT TRACKING ${tried}: figway answers from memory (mode tracking).`;
    return { topic, verdict: "ok", evidence };
  }
  const isOn = reported ?? coversEvents(keyspaceEvents ?? "");
  if (mode === "keyspace" && isOn) {
    const evidence = "Redis has no CLIENT TRACKING but keyspace events: figway answers from memory (mode keyspace).";
    return { topic, verdict: "ok", evidence };
  }
  const why = mode === undefined ? ` (${refusal ?? "both refused"})` : "";
  return {
    topic,
    verdict: "warns",
    evidence: `Redis reports no changes${why}: figway reads Redis for every request (mode none). Right, but slower.`,
    advice: `Allow CLIENT TRACKING, or switch events on: redis-cli CONFIG SET notify-keyspace-events ${WANTED_EVENTS}`,
  };
}

/** `A` stands for every class of events (Redis, "Keyspace notifications"). */
function coversEvents(setting: string): boolean {
  return setting.includes("K") && (setting.includes("A") || ["g", "$", "x"].every((event) => setting.includes(event)));
}

function judgeClock(skewMs: number): Finding {
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  if (Math.abs(skewMs) <= MAX_SKEW_MS) {
    return { topic: "clock", verdict: "ok", evidence: `This machine's clock and Redis's agree within ${seconds} s.` };
  }
  return {
    topic: "clock",
    verdict: "warns",
    evidence: `This machine's clock is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} Redis's.`,
    advice: "Run NTP on both, if figway runs on this machine: tokens live for a minute.",
  };
}
