import { element, setText } from "./element.js";
import { createSparkline } from "./sparkline.js";

/**
 * @typedef {{ id: string, path: string, methods?: string[], host?: string, flag?: string, to?: string, decision: string }} Route
 * @typedef {{ name: string, enabled: boolean, summary: string }} Flag
 * @typedef {{ routeId: string, side: string, actor: string, why?: string, at: string }} Override
 * @typedef {{ requestsPerSecond: number[], errorRatio: (number | null)[], p95Ms: (number | null)[],
 *   lastMinute: { requestsPerSecond: number, errorRatio: number | null, p95Ms: number | null } }} Traffic
 * @typedef {{ route: Route, flag: Flag | undefined, override: Override | undefined,
 *   traffic: Partial<Record<"legacy" | "modern", Traffic>> }} RouteState
 * @typedef {{ switchFlag(state: RouteState, on: boolean): Promise<boolean>, shareFlag(state: RouteState, percent: number): Promise<boolean>,
 *   rollBack(state: RouteState): Promise<boolean>, resume(state: RouteState): Promise<boolean> }} RouteActions
 */

/**
 * One route: what happens to it now, its traffic, and what an operator can do. Updated in place, so that the focus and a figure
 * half typed stay where they are.
 *
 * @param {Route} route
 * @param {RouteActions} actions
 */
export function createRouteCard(route, actions) {
  const now = element("p", { class: "now" });
  const sparks = [
    { line: createSparkline("requests/s", (value) => shortNumber(value)), member: "requestsPerSecond", top: 1 },
    { line: createSparkline("errors", (value) => percentText(value)), member: "errorRatio", top: 0.1 },
    { line: createSparkline("p95", (value) => durationText(value)), member: "p95Ms", top: 10 },
  ];
  const charts = element("div", { class: "sparks" }, ...sparks.map(({ line }) => line.figure));
  const quiet = element("p", { class: "note" }, "No requests in the last five minutes.");
  const controls = createControls(route, actions);
  const card = element(
    "li",
    { class: "route", "data-route": route.id },
    element("div", { class: "what" }, element("h3", {}, route.id), element("code", {}, matchText(route))),
    now,
    charts,
    quiet,
    ...(controls === undefined ? [] : [controls.bar]),
  );
  return { card, update };

  /** @param {RouteState} state */
  function update(state) {
    const { decision } = state.route;
    setText(now, decision);
    now.className = `now ${sideOf(decision)}${state.override === undefined ? "" : " overridden"}`;
    if (state.override?.why !== undefined) now.append(element("small", {}, ` “${state.override.why}”`));
    const hasTraffic = Object.keys(state.traffic).length > 0;
    charts.hidden = !hasTraffic;
    quiet.hidden = hasTraffic;
    for (const { line, member, top } of sparks) drawSpark(line, member, top, state.traffic);
    controls?.update(state);
  }
}

/**
 * @param {Route} route
 * @param {RouteActions} actions
 */
function createControls(route, actions) {
  if (route.flag === undefined && route.to === "legacy") return undefined;
  const bar = element("div", { class: "controls" });
  /** @type {RouteState | undefined} */
  let state;
  const flag = route.flag === undefined ? undefined : createFlagControls(route, route.flag, actions, () => state);
  const stop = element("button", { type: "button", "data-action": "rollback" }, "Back to legacy");
  const resume = element(
    "button",
    { type: "button", class: "resume", "data-action": "resume", hidden: true },
    "Resume",
  );
  stop.setAttribute("aria-label", `Back to legacy: ${route.id}`);
  resume.setAttribute("aria-label", `Resume: ${route.id}`);
  stop.addEventListener("click", () => void (state && actions.rollBack(state)));
  resume.addEventListener("click", () => void (state && actions.resume(state)));
  bar.append(...(flag?.parts ?? []), stop, resume);
  return { bar, update };

  /** @param {RouteState} next */
  function update(next) {
    state = next;
    stop.hidden = next.override !== undefined;
    // On legacy already, it would only hold the route there: no less possible, but not what the eye should find first.
    stop.classList.toggle("rollback", sideOf(next.route.decision) !== "legacy");
    resume.hidden = next.override === undefined;
    flag?.update(next);
  }
}

/**
 * @param {Route} route
 * @param {string} name
 * @param {RouteActions} actions
 * @param {() => RouteState | undefined} current
 */
function createFlagControls(route, name, actions, current) {
  const toggle = element("input", { type: "checkbox", role: "switch", id: `flag-${route.id}` });
  const share = element("input", {
    type: "number",
    min: 0,
    max: 100,
    step: 1,
    id: `share-${route.id}`,
    required: true,
  });
  const set = element("button", { type: "submit" }, "Set");
  set.setAttribute("aria-label", `Set the share of ${name}`);
  const form = element(
    "form",
    { class: "share" },
    element("label", { for: share.id, class: "hidden" }, `Share of ${name} in percent`),
    share,
    element("span", { "aria-hidden": "true" }, "%"),
    set,
  );
  const label = element("label", { class: "switch" }, toggle, element("span", {}, name));
  let isTyped = false;
  share.addEventListener("input", () => (isTyped = true));
  toggle.addEventListener("change", () => {
    const state = current();
    const wanted = toggle.checked;
    // It shows what is, not what is wished for: the next update sets it.
    toggle.checked = !wanted;
    if (state !== undefined) void actions.switchFlag(state, wanted);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const state = current();
    if (state !== undefined) void setShare(state);
  });
  return { parts: [label, form], update };

  /** @param {RouteState} state */
  async function setShare(state) {
    await actions.shareFlag(state, share.valueAsNumber);
    isTyped = false;
  }

  /** @param {RouteState} state */
  function update({ flag }) {
    toggle.checked = flag?.enabled ?? false;
    const percent = percentOf(flag);
    if (!isTyped && document.activeElement !== share) share.value = percent === undefined ? "" : String(percent);
  }
}

/**
 * The share that a flag's summary tells, as in `25 % of buckets`.
 *
 * @param {Flag | undefined} flag
 * @returns {number | undefined}
 */
function percentOf(flag) {
  if (flag === undefined || flag.summary === "off") return 0;
  if (flag.summary === "on") return 100;
  const percent = /^(\d+) % of \w+$/.exec(flag.summary)?.[1];
  return percent === undefined ? undefined : Number(percent);
}

/**
 * @param {ReturnType<typeof createSparkline>} line
 * @param {string} member
 * @param {number} top
 * @param {RouteState["traffic"]} traffic
 */
function drawSpark(line, member, top, traffic) {
  const key = /** @type {"requestsPerSecond" | "errorRatio" | "p95Ms"} */ (member);
  /** @type {Partial<Record<"legacy" | "modern", readonly (number | null)[]>>} */
  const series = {};
  /** @type {Partial<Record<"legacy" | "modern", number | null>>} */
  const now = {};
  for (const [side, values] of /** @type {["legacy" | "modern", Traffic][]} */ (Object.entries(traffic))) {
    series[side] = values[key];
    now[side] = values.lastMinute[key];
  }
  line.draw(series, now, top);
}

/** @param {Route} route */
function matchText({ methods, host, path }) {
  return `${methods === undefined ? "" : `${methods.join(" ")} `}${host ?? ""}${path}`;
}

/** @param {string} decision */
function sideOf(decision) {
  if (decision.includes(" or legacy:")) return "both";
  return decision.startsWith("legacy:") ? "legacy" : "modern";
}

/** @param {number} value */
function shortNumber(value) {
  if (value >= 1_000) return `${(value / 1_000).toFixed(1)}k`;
  return value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(value < 0.1 ? 2 : 1);
}

/** @param {number} ratio */
function percentText(ratio) {
  if (ratio === 0) return "0 %";
  return ratio < 0.001 ? "<0.1 %" : `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %`;
}

/** @param {number} milliseconds */
function durationText(milliseconds) {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}
