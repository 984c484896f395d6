import { byId } from "./element.js";
import { hasToken, keepToken, read, SignInNeeded } from "./gateway-api.js";
import { createLiveView } from "./live-view.js";
import { createRoutesView } from "./routes-view.js";
import { showAudit, showSignedOut, showStatus, showSystem, showUnreachable } from "./system-view.js";

/** How often the page asks, in milliseconds. */
const REFRESH_MS = 3_000;

const main = byId("dashboard", HTMLElement);
const signIn = byId("sign-in", HTMLFormElement);
const tokenField = byId("token", HTMLInputElement);
const signInError = byId("sign-in-error", HTMLElement);
const signOut = byId("sign-out", HTMLButtonElement);

const routes = createRoutesView(() => void refresh());
const live = createLiveView({ signInNeeded: askForToken });
let isWatching = false;
/** Numbers the questions, so that an answer overtaken by a later one is not shown. */
let asked = 0;

signIn.addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(tokenField.value);
  tokenField.value = "";
  void refresh();
});
signOut.addEventListener("click", () => {
  keepToken(undefined);
  location.reload();
});
document.addEventListener("visibilitychange", () => void refresh());
setInterval(() => void refresh(), REFRESH_MS);
await refresh();

async function refresh() {
  if (document.hidden || (!signIn.hidden && !hasToken())) return;
  const question = ++asked;
  try {
    // First one alone: where a token is needed, one question learns it as well as six.
    const status = await read("/api/status");
    const paths = ["routes", "flags", "series", "keys", "audit"];
    const [routeList, flagList, series, keyList, trail] = await Promise.all(paths.map((path) => read(`/api/${path}`)));
    if (question !== asked) return;
    show({ status, routeList, flagList, series, keyList, trail });
  } catch (error) {
    if (question !== asked) return;
    if (error instanceof SignInNeeded) askForToken();
    else showUnreachable(error instanceof Error ? error.message : String(error));
  }
}

/** @param {Record<string, any>} answers */
function show({ status, routeList, flagList, series, keyList, trail }) {
  signIn.hidden = true;
  main.hidden = false;
  signOut.hidden = !hasToken();
  showStatus(status);
  showSystem(status, keyList.keys);
  showAudit(trail.records);
  routes.update(
    routeList.routes.map((/** @type {any} */ route) => ({
      route,
      flag: flagList.flags.find((/** @type {any} */ { name }) => name === route.flag),
      override: status.overrides.find((/** @type {any} */ { routeId }) => routeId === route.id),
      traffic: series.routes[route.id] ?? {},
    })),
  );
  if (isWatching) return;
  isWatching = true;
  void live.watch();
}

function askForToken() {
  isWatching = false;
  signInError.textContent = hasToken() ? "That is not the token." : "";
  keepToken(undefined);
  if (!signIn.hidden) return;
  main.hidden = true;
  signOut.hidden = true;
  signIn.hidden = false;
  showSignedOut();
  tokenField.focus();
}
