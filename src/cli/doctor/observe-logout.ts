import type { Entered, Examination } from "./enter.ts";
import { htmlForms, presetFields } from "./html-forms.ts";
import { pathOf } from "./log-in.ts";
import type { LogoutSeen } from "./observations.ts";
import { readAgain, sightSession } from "./session-sight.ts";
import { isClearing, type SetCookie } from "./set-cookie.ts";
import type { Visit, VisitAnswer, Visitor } from "./visitor.ts";

const DEFAULT_PATH = "/logout";

/** Ends the session that the doctor began; a browser's own only where the path of the logout was given. */
export async function observeLogout(examination: Examination, entered: Entered): Promise<LogoutSeen | undefined> {
  const { store, expected, patient, logoutPath } = examination;
  const { visitor } = entered;
  if (visitor === undefined || (patient.kind === "cookie" && logoutPath === undefined)) return undefined;
  const session = await sightSession(visitor, expected, store);
  if (session === undefined) return undefined;
  const { answer, method, path } = await logOut(visitor, { path: logoutPath ?? DEFAULT_PATH, from: entered.landsOn });
  const before = session.stored;
  const after = before === undefined || store === undefined ? undefined : await readAgain(store, before);
  const set = answer.setCookies.findLast(({ name }) => name === session.cookie);
  return {
    method,
    path,
    status: answer.status,
    before,
    after,
    cookie: fateOf(set, visitor.cookies.get(session.cookie)),
  };
}

/**
 * Logs out as the page `from` does it, hidden fields included; where it shows no way, with POST, and with GET where legacy knows no POST.
 */
export async function logOut(
  visitor: Visitor,
  { path, from }: { path: string; from: string },
): Promise<{ answer: VisitAnswer; method: Visit["method"]; path: string }> {
  const page = await visitor.send({ method: "GET", path: from });
  const shown = shownLogout(page.body, { path, from });
  if (shown !== undefined) return { answer: await visitor.send(shown), method: shown.method, path: shown.path };
  const answer = await visitor.send({ method: "POST", path, form: [] });
  if (answer.status !== 404 && answer.status !== 405) return { answer, method: "POST", path };
  return { answer: await visitor.send({ method: "GET", path }), method: "GET", path };
}

/** The form or link of a page that leads to the logout. */
function shownLogout(page: string, { path, from }: { path: string; from: string }): Visit | undefined {
  const leadsThere = (link: string): boolean => pathOf(link, from).split("?", 1)[0] === path.split("?", 1)[0];
  for (const form of htmlForms(page)) {
    if (form.action === undefined || !leadsThere(form.action)) continue;
    const target = pathOf(form.action, from);
    if (form.method === "POST") return { method: "POST", path: target, form: presetFields(form) };
    return { method: "GET", path: target };
  }
  const link = [...page.matchAll(/<a\b[^>]*\shref\s*=\s*["']([^"']+)["']/gi)].find(([, href = ""]) => leadsThere(href));
  return link === undefined ? undefined : { method: "GET", path: pathOf(link[1] as string, from) };
}

function fateOf(set: SetCookie | undefined, now: string | undefined): LogoutSeen["cookie"] {
  if (set === undefined) return "left";
  return isClearing(set, Date.now()) || now === undefined ? "cleared" : "replaced";
}
