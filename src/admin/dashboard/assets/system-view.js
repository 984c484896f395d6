import { byId, element, setText } from "./element.js";

const alerts = byId("alerts", HTMLElement);
const readiness = byId("readiness", HTMLElement);
const about = byId("about", HTMLElement);
const system = byId("system", HTMLElement);
const audit = byId("audit", HTMLElement);

/** @param {any} status  what `/api/status` tells */
export function showStatus(status) {
  const badge = element(
    "span",
    { class: `badge ${status.ready ? "good" : "bad"}` },
    status.ready ? "ready" : "not ready",
  );
  if (readiness.textContent !== badge.textContent) readiness.replaceChildren(badge);
  document.title = `${status.ready ? "" : "not ready: "}figway`;
  setText(about, `${status.version} at ${status.listen.public}, up ${durationText(status.uptimeSeconds)}`);
  showAlerts(alertsOf(status));
}

export function showSignedOut() {
  showState("signed out", "");
  setText(about, "");
}

/**
 * @param {string} text
 * @param {"good" | "bad" | ""} kind
 */
function showState(text, kind) {
  if (readiness.textContent !== text) readiness.replaceChildren(element("span", { class: `badge ${kind}` }, text));
}

/** @param {string} message */
export function showUnreachable(message) {
  showState("no answer", "bad");
  showAlerts([
    { kind: "bad", title: `The gateway does not answer: ${message}`, lines: ["What you see is what was known last."] },
  ]);
}

/**
 * @typedef {{ kind: "bad" | "warn", title: string, lines: string[] }} Alert
 * @param {any} status
 * @returns {Alert[]}
 */
function alertsOf({ reasons, config, flags, identity, tokens, upstreams, overrides }) {
  /** @type {Alert[]} */
  const found = [];
  if (reasons.length > 0) found.push({ kind: "bad", title: "Not ready to take traffic", lines: reasons });
  if (config.lastReloadProblems.length > 0) {
    const lines = config.lastReloadProblems.map(problemText);
    found.push({ kind: "bad", title: "routes.json was changed and refused; the last good one stays in force", lines });
  }
  if (flags.lastError !== undefined) found.push({ kind: "bad", title: flags.detail, lines: [flags.lastError] });
  if (!identity.ok) found.push({ kind: "bad", title: "The session store cannot be read", lines: [identity.detail] });
  if (!tokens.ok) found.push({ kind: "bad", title: "The signing keys cannot be read", lines: [tokens.detail] });
  for (const { name, health, lastFailure } of upstreams) {
    if (health === "up") continue;
    found.push({
      kind: "bad",
      title: `Upstream ${name} is ${health}`,
      lines: lastFailure === undefined ? [] : [lastFailure],
    });
  }
  for (const { routeId, side, actor, why, at } of overrides) {
    const lines = why === undefined ? [] : [`“${why}”`];
    found.push({ kind: "warn", title: `${routeId} is held on ${side} by ${actor} since ${timeText(at)}`, lines });
  }
  return found;
}

/** @param {{ path: string, message: string, remedy: string, line?: number }} problem */
function problemText({ path, message, remedy, line }) {
  const place = [path, ...(line === undefined ? [] : [`line ${line}`])].filter((part) => part !== "").join(", ");
  return `${place === "" ? "" : `${place}: `}${message} ${remedy}`;
}

/** @param {Alert[]} found */
function showAlerts(found) {
  const next = found.map(({ kind, title, lines }) =>
    element(
      "div",
      { class: `alert ${kind}` },
      element("strong", {}, title),
      ...lines.map((line) => element("p", {}, line)),
    ),
  );
  // Only when they are others: a region that is announced must not be announced every few seconds.
  if (
    next.map(({ textContent }) => textContent).join("\n") ===
    [...alerts.children].map(({ textContent }) => textContent).join("\n")
  )
    return;
  alerts.replaceChildren(...next);
}

/**
 * @param {any} status
 * @param {{ kid: string, state: string, algorithm: string }[]} keys
 */
export function showSystem(status, keys) {
  const upstreams = status.upstreams.map((/** @type {any} */ upstream) =>
    element(
      "p",
      {},
      element("span", { class: `badge ${upstream.health === "up" ? "good" : "bad"}` }, upstream.health),
      ` ${upstream.name} `,
      element("span", { class: "note" }, connectionText(upstream)),
    ),
  );
  const keyLines = keys.map(({ kid, state, algorithm }) =>
    element(
      "p",
      {},
      element("span", { class: "badge" }, state),
      ` ${kid} `,
      element("span", { class: "note" }, algorithm),
    ),
  );
  system.replaceChildren(
    ...entry("Upstreams", ...upstreams),
    ...entry("Identity", state(status.identity.ok), ` ${status.identity.detail}`),
    ...entry("Flags", state(status.flags.lastError === undefined && status.flags.loaded), ` ${status.flags.detail}`),
    ...entry("Keys", ...keyLines),
    ...entry(
      "Configuration",
      `${status.config.file} `,
      note(`${status.config.digest}, loaded ${timeText(status.config.loadedAt)}`),
    ),
    ...entry("Process", `${status.process.id} on Node ${status.node}, as ${status.process.user}`),
  );
}

/** @param {{ at: string, actor: string, action: string, target: string, before: string, after: string, why?: string }[]} records */
export function showAudit(records) {
  const rows = records.map(({ at, actor, action, target, before, after, why = "" }) =>
    element(
      "tr",
      {},
      element("td", {}, element("time", { datetime: at }, timeText(at))),
      element("td", {}, actor),
      element("td", {}, `${action.replaceAll("-", " ")} `, element("code", {}, target)),
      element("td", {}, `${before} → ${after}`),
      element("td", {}, why),
    ),
  );
  const nothing = element("tr", {}, element("td", { colspan: 5, class: "note" }, "Nothing has been changed yet."));
  audit.replaceChildren(...(rows.length === 0 ? [nothing] : rows));
}

/**
 * @param {string} term
 * @param {(Node | string)[]} parts
 */
function entry(term, ...parts) {
  return [element("dt", {}, term), element("dd", {}, ...parts)];
}

/** @param {boolean} ok */
function state(ok) {
  return element("span", { class: `badge ${ok ? "good" : "bad"}` }, ok ? "ok" : "trouble");
}

/** @param {string} text */
function note(text) {
  return element("span", { class: "note" }, text);
}

/** @param {{ connections: number, idleConnections: number, queued: number, lastFailure?: string }} upstream */
function connectionText({ connections, idleConnections, queued, lastFailure }) {
  const waiting = queued > 0 ? `, ${queued} waiting` : "";
  const failure = lastFailure === undefined ? "" : `; last failure: ${lastFailure}`;
  return `${connections} connections, ${idleConnections} idle${waiting}${failure}`;
}

/** @param {string} at */
function timeText(at) {
  const time = new Date(at);
  const isToday = time.toDateString() === new Date().toDateString();
  return isToday ? time.toLocaleTimeString([], { hour12: false }) : time.toLocaleString([], { hour12: false });
}

/** @param {number} seconds */
function durationText(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}
