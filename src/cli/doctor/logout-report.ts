import type { CliContext } from "../cli-context.ts";
import type { Report } from "../report.ts";
import { table } from "../table.ts";
import type { LogoutTime } from "./time-logout.ts";

/** Open connections of a session that has ended are closed within this time. */
const SOCKET_BOUND_MS = 1_000;

export interface LogoutSubject {
  readonly url: string;
  readonly routePath: string;
  readonly by: string;
  readonly socketPath: string | undefined;
}

/** Exit code 1 where an answer after a logout was the user's, none was nobody's, or a socket stayed open for too long. */
export function logoutReport(times: readonly LogoutTime[], subject: LogoutSubject, { paint }: CliContext): Report {
  const answeredAsUser = times.reduce((sum, time) => sum + time.answeredAsUser, 0);
  const requests = times.reduce((sum, time) => sum + time.requests, 0);
  const anonymous = spread(times.flatMap(({ anonymousAfterMs }) => anonymousAfterMs ?? []));
  const neverAnonymous = times.filter(({ anonymousAfterMs }) => anonymousAfterMs === undefined).length;
  const socketTimes = times.flatMap(({ socketClosedAfterMs }) => socketClosedAfterMs ?? []);
  const closed = socketTimes.filter((time) => time !== "never");
  const neverClosed = socketTimes.length - closed.length;
  const socket = subject.socketPath === undefined ? undefined : { ...spread(closed), neverClosed };
  const isPrompt = neverClosed === 0 && closed.every((ms) => ms <= SOCKET_BOUND_MS);
  const ok = answeredAsUser === 0 && neverAnonymous === 0 && isPrompt;
  const rows = [
    ["", "MIN", "MEDIAN", "MAX"].map((title) => paint("bold", title)),
    ["answers as the user after a logout", ...figures(spread(times.map((time) => time.answeredAsUser)), 0)],
    ["first answer that was nobody's (ms)", ...figures(anonymous, 1)],
    ...(socket === undefined ? [] : [[`WebSocket ${subject.socketPath} closed (ms)`, ...figures(socket, 1)]]),
  ];
  const verdict = [
    answeredAsUser === 0
      ? paint("green", `None of ${requests} requests after a logout was answered as the user's.`)
      : paint("red", `${answeredAsUser} of ${requests} requests after a logout were still answered as the user's.`),
    ...(neverAnonymous > 0 ? [paint("red", `${neverAnonymous} times no answer was nobody's within 10 s.`)] : []),
    ...(neverClosed > 0 ? [paint("red", `${neverClosed} WebSockets were never closed.`)] : []),
    ...(neverClosed === 0 && !isPrompt ? [paint("red", "A WebSocket stayed open for more than a second.")] : []),
  ];
  const what = `${times.length} logouts, seen at GET ${subject.routePath} through ${subject.url}; told apart by ${subject.by}`;
  return {
    exitCode: ok ? 0 : 1,
    json: {
      ok,
      times: times.length,
      route: subject.routePath,
      requests,
      answeredAsUser,
      neverAnonymous,
      anonymousAfterMs: anonymous,
      socket: socket ?? null,
    },
    text: [table(rows), verdict.join("\n"), paint("dim", what)].join("\n\n"),
  };
}

interface Spread {
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number | null => sorted[index] ?? null;
  return { min: at(0), median: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) };
}

function figures({ min, median, max }: Spread, digits: number): string[] {
  return [min, median, max].map((value) => (value === null ? "-" : value.toFixed(digits)));
}
