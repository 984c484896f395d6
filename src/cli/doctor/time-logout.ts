import { CommandFailure } from "../command-failure.ts";
import { type Credentials, logIn } from "./log-in.ts";
import { logOut } from "./observe-logout.ts";
import { openSocket } from "./open-socket.ts";
import { type AnswerReader, learnAnswers } from "./served-as.ts";
import type { Site, VisitAnswer, Visitor } from "./visitor.ts";

export interface LogoutTrial {
  readonly site: Site;
  readonly credentials: Credentials;
  readonly username: string | undefined;
  readonly loginPath: string;
  readonly logoutPath: string;
  /** The path on modern. */
  readonly routePath: string;
  readonly socketPath: string | undefined;
}

export interface LogoutTime {
  /** From the logout's answer to the first answer that was nobody's; undefined: none came in time. */
  readonly anonymousAfterMs: number | undefined;
  /** Requests sent from the logout's answer on, and how many of them were answered as the user's. */
  readonly requests: number;
  readonly answeredAsUser: number;
  /** undefined: no WebSocket was watched. `never`: it was open for longer than anybody waits. */
  readonly socketClosedAfterMs: number | "never" | undefined;
}

const SERVED_WITHIN_MS = 5_000;
const ANONYMOUS_WITHIN_MS = 10_000;
const SOCKET_CLOSED_WITHIN_MS = 5_000;
/** An ended session may come back: so many more requests have to be nobody's too. */
const REQUESTS_AFTERWARDS = 3;

/** How the route's answers to this user differ from those to nobody. */
export async function learnRoute(trial: LogoutTrial): Promise<AnswerReader> {
  const user = trial.site.visitor();
  await logIn(user, trial);
  const ask = (visitor: Visitor): Promise<VisitAnswer> => visitor.send({ method: "GET", path: trial.routePath });
  const nobody = (): Promise<VisitAnswer> => ask(trial.site.visitor());
  const samples = { user: [await ask(user), await ask(user)], nobody: [await nobody(), await nobody()] } as const;
  await logOut(user, { path: trial.logoutPath, from: "/" });
  return learnAnswers({ ...samples, username: trial.username });
}

/** Logs in, is served as the user, logs out, and asks again at once, with the cookies from before, until nobody is served. */
export async function timeLogout(trial: LogoutTrial, reader: AnswerReader): Promise<LogoutTime> {
  const visitor = trial.site.visitor();
  const { landsOn } = await logIn(visitor, trial);
  await untilServedAsUser(visitor, trial, reader);
  const { socketPath, site } = trial;
  const cookies = new Map(visitor.cookies);
  const socket = socketPath === undefined ? undefined : await openSocket(site.url, { path: socketPath, cookies });
  try {
    const { answer, method, path } = await logOut(visitor, { path: trial.logoutPath, from: landsOn });
    if (answer.status >= 400) {
      throw new CommandFailure(
        `${method} ${path} was answered with ${answer.status}; name the logout with --logout PATH.`,
      );
    }
    // Legacy may have taken the cookie back; a session that has ended must be worth nothing to whoever kept it.
    const left = await untilAnonymous(site.visitor({ cookies }), { trial, reader, sinceMs: answer.headAtMs });
    if (socket === undefined) return { ...left, socketClosedAfterMs: undefined };
    const closedAtMs = await socket.closedAtMs(SOCKET_CLOSED_WITHIN_MS);
    const socketClosedAfterMs = closedAtMs === undefined ? "never" : Math.max(0, closedAtMs - answer.headAtMs);
    return { ...left, socketClosedAfterMs };
  } finally {
    socket?.drop();
  }
}

async function untilServedAsUser(visitor: Visitor, { routePath }: LogoutTrial, reader: AnswerReader): Promise<void> {
  const deadline = performance.now() + SERVED_WITHIN_MS;
  while (performance.now() < deadline) {
    if (reader.read(await visitor.send({ method: "GET", path: routePath })) === "user") return;
  }
  throw new CommandFailure(`GET ${routePath} did not know the user within ${SERVED_WITHIN_MS / 1_000} s of the login.`);
}

async function untilAnonymous(
  visitor: Visitor,
  { trial, reader, sinceMs }: { trial: LogoutTrial; reader: AnswerReader; sinceMs: number },
): Promise<Pick<LogoutTime, "anonymousAfterMs" | "requests" | "answeredAsUser">> {
  let anonymousAfterMs: number | undefined;
  let [requests, answeredAsUser, afterwards] = [0, 0, 0];
  while (afterwards < REQUESTS_AFTERWARDS && performance.now() - sinceMs < ANONYMOUS_WITHIN_MS) {
    const answer = await visitor.send({ method: "GET", path: trial.routePath });
    requests++;
    const servedAs = reader.read(answer);
    if (servedAs === "user") answeredAsUser++;
    if (anonymousAfterMs !== undefined) afterwards++;
    else if (servedAs === "nobody") anonymousAfterMs = answer.headAtMs - sinceMs;
  }
  return { anonymousAfterMs, requests, answeredAsUser };
}
