import { setTimeout as sleep } from "node:timers/promises";
import { type ChangeWatch, watchChanges } from "./change-watch.ts";
import { type Entered, enter, type Examination, logInAgain } from "./enter.ts";
import { observeLogout } from "./observe-logout.ts";
import type { AnonymousVisit, ChangesSeen, Observations, RedisSeen, RepeatedVisit } from "./observations.ts";
import { readAgain, sightSession } from "./session-sight.ts";
import type { SessionStoreView } from "./session-store-view.ts";

/** A session has to be so old before it is used again, or a renewal of its life would not be seen. */
const AGEING_MS = 80;

/**
 * Looks at legacy as a browser would, and at its Redis meanwhile. Sends about ten requests, one after the other; writes nothing itself.
 *
 * @throws CommandFailure where legacy or Redis do not answer, or the login is refused
 */
export async function observeLegacy(examination: Examination): Promise<Observations> {
  const { store, patient } = examination;
  const anonymous = await visitAnonymously(examination);
  const redis = store === undefined ? undefined : await lookAtRedis(store);
  const entered = await enter(examination);
  let watch: ChangeWatch | undefined;
  try {
    watch = await watchFor(examination, entered);
    const visit = await visitAgain(examination, entered);
    const secondLogin = await logInAgain(examination, entered);
    const { logout, whoami } = await logOutAndAsk(examination, entered);
    const { username, login, session } = entered;
    const changes = await changesSeen(watch, entered);
    return {
      way: patient.kind,
      username,
      anonymous,
      login,
      session,
      visit,
      secondLogin,
      logout,
      whoami,
      changes,
      redis,
    };
  } catch (error) {
    await leave(examination, entered);
    throw error;
  } finally {
    watch?.close();
  }
}

/** Ends the doctor's own session where the examination could not be finished, if legacy still lets it. */
async function leave(examination: Examination, entered: Entered): Promise<void> {
  try {
    await observeLogout(examination, entered);
  } catch {
    // What keeps the doctor from looking keeps him from logging out; that is being reported already.
  }
}

async function visitAnonymously({ site, expected, store, loginPath }: Examination): Promise<AnonymousVisit> {
  const visitor = site.visitor();
  const paths = ["/", loginPath];
  for (const path of paths) await visitor.send({ method: "GET", path });
  return { session: await sightSession(visitor, expected, store), paths };
}

async function lookAtRedis(store: SessionStoreView): Promise<RedisSeen> {
  const [skewMs, keyspaceEvents] = [await store.skewMs(), await store.keyspaceEvents()];
  return { database: store.database, skewMs, keyspaceEvents };
}

/** Listens where the session really lies, or else where routes.json says. */
async function watchFor({ expected, store }: Examination, { session }: Entered): Promise<ChangeWatch | undefined> {
  if (store === undefined || expected.store === undefined) return undefined;
  const { database = store.database, prefix = expected.prefix } = session?.stored ?? {};
  return watchChanges({ url: expected.store, database, prefix });
}

async function changesSeen(watch: ChangeWatch | undefined, { session }: Entered): Promise<ChangesSeen | undefined> {
  if (watch === undefined) return undefined;
  const { mode, refusal } = watch;
  const key = session?.stored?.key;
  return { mode, refusal, reported: key === undefined || mode === undefined ? undefined : await watch.reported(key) };
}

async function logOutAndAsk(
  examination: Examination,
  entered: Entered,
): Promise<Pick<Observations, "logout" | "whoami">> {
  const { whoami } = examination;
  const cookies = new Map(entered.visitor?.cookies);
  const loggedIn = entered.visitor === undefined ? undefined : await whoami?.(cookies);
  const logout = await observeLogout(examination, entered);
  if (loggedIn === undefined) return { logout, whoami: undefined };
  const loggedOut = logout === undefined ? undefined : await whoami?.(cookies);
  return { logout, whoami: { loggedIn, loggedOut } };
}

async function visitAgain(examination: Examination, entered: Entered): Promise<RepeatedVisit | undefined> {
  const { store, pagePath } = examination;
  const { visitor, session, landsOn } = entered;
  if (visitor === undefined || session === undefined) return undefined;
  const before = session.stored;
  if (before !== undefined) await sleep(Math.max(0, before.readAtMs + AGEING_MS - performance.now()));
  const path = pagePath ?? landsOn;
  const answer = await visitor.send({ method: "GET", path });
  const after = before === undefined || store === undefined ? undefined : await readAgain(store, before);
  const setAgain = answer.setCookies.find(({ name }) => name === session.cookie);
  return { path, status: answer.status, setAgain, before, after };
}
