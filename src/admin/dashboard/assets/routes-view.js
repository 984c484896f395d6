import { askForChange } from "./change-dialog.js";
import { byId, element } from "./element.js";
import { send } from "./gateway-api.js";
import { createRouteCard } from "./route-card.js";

/**
 * @typedef {import("./route-card.js").Route} Route
 * @typedef {import("./route-card.js").RouteState} RouteState
 */

/**
 * The list of routes. `changed` is told after each change that was made.
 *
 * @param {() => void} changed
 */
export function createRoutesView(changed) {
  const list = byId("routes", HTMLElement);
  /** @type {Map<string, ReturnType<typeof createRouteCard>>} */
  let cards = new Map();
  let shape = "";
  /** @type {Route[]} */
  let routes = [];
  const actions = {
    /** @type {(state: RouteState, on: boolean) => Promise<boolean>} */
    switchFlag: (state, on) => change(flagSwitch(state, on, routes)),
    /** @type {(state: RouteState, percent: number) => Promise<boolean>} */
    shareFlag: (state, percent) => change(flagShare(state, percent, routes)),
    /** @type {(state: RouteState) => Promise<boolean>} */
    rollBack: (state) => change(rollback(state)),
    /** @type {(state: RouteState) => Promise<boolean>} */
    resume: (state) => change(resumption(state)),
  };
  return { update };

  /** @param {RouteState[]} states */
  function update(states) {
    routes = states.map(({ route }) => route);
    const next = JSON.stringify(routes.map(({ decision: _decision, ...fixed }) => fixed));
    if (next !== shape) build(next);
    for (const state of states) cards.get(state.route.id)?.update(state);
  }

  /** @param {string} next  what makes the cards what they are; another configuration makes other cards */
  function build(next) {
    shape = next;
    cards = new Map(routes.map((route) => [route.id, createRouteCard(route, actions)]));
    list.replaceChildren(...[...cards.values()].map(({ card }) => card));
    if (cards.size === 0) list.append(element("li", { class: "note" }, "There are no routes."));
  }

  /** @param {import("./change-dialog.js").Change} wanted */
  async function change(wanted) {
    const isMade = await askForChange(wanted);
    if (isMade) changed();
    return isMade;
  }
}

/**
 * @param {RouteState} state
 * @param {boolean} on
 * @param {Route[]} routes
 */
function flagSwitch({ route, flag, override }, on, routes) {
  const name = route.flag ?? "";
  const effect = on
    ? `${moving(name, routes)} to ${route.to} for everyone.${rulesLost(flag)}`
    : `${moving(name, routes)} to legacy for everyone.`;
  return {
    title: `Turn ${name} ${on ? "on" : "off"}?`,
    effect: effect + overridden(override),
    confirm: on ? "Turn on" : "Turn off",
    make: flagChange(name, on),
  };
}

/**
 * @param {RouteState} state
 * @param {number} percent
 * @param {Route[]} routes
 */
function flagShare({ route, override }, percent, routes) {
  const name = route.flag ?? "";
  const verb = routesOf(name, routes).length > 1 ? "go" : "goes";
  return {
    title: `Set ${name} to ${percent} %?`,
    effect: `For ${percent} % of visitors ${routesOf(name, routes).join(", ")} ${verb} to ${route.to}, for the others to legacy.${overridden(override)}`,
    confirm: `Set to ${percent} %`,
    make: flagChange(name, { percent }),
  };
}

/** @param {RouteState} state */
function rollback({ route }) {
  return {
    title: `Back to legacy: ${route.id}?`,
    effect: `Every request of ${route.id} goes to legacy from the next one on, whatever the flag says, until you resume it. It outlives a restart.`,
    confirm: "Back to legacy",
    needsWhy: true,
    isRollback: true,
    make: async (/** @type {{ actor: string, why?: string }} */ author) => {
      await send("PUT", `/api/overrides/${encodeURIComponent(route.id)}`, { side: "legacy", ...author });
    },
  };
}

/** @param {RouteState} state */
function resumption({ route, flag, override }) {
  const by =
    override === undefined
      ? ""
      : ` It was set by ${override.actor}${override.why === undefined ? "" : `: “${override.why}”`}.`;
  const then =
    route.flag === undefined
      ? `goes to ${route.to} again`
      : `is up to ${route.flag} again (${flag?.summary ?? "unknown"})`;
  return {
    title: `Resume ${route.id}?`,
    effect: `The override ends, and ${route.id} ${then}.${by}`,
    confirm: "Resume",
    make: async (/** @type {{ actor: string, why?: string }} */ author) => {
      await send("DELETE", `/api/overrides/${encodeURIComponent(route.id)}`, author);
    },
  };
}

/**
 * @param {string} name
 * @param {boolean | { percent: number }} value
 * @returns {(author: { actor: string, why?: string }) => Promise<void>}
 */
function flagChange(name, value) {
  return async (author) => void (await send("PUT", `/api/flags/${encodeURIComponent(name)}`, { value, ...author }));
}

/**
 * @param {string} flag
 * @param {Route[]} routes
 */
function routesOf(flag, routes) {
  return routes.filter((route) => route.flag === flag).map(({ id }) => id);
}

/**
 * @param {string} flag
 * @param {Route[]} routes
 */
function moving(flag, routes) {
  const names = routesOf(flag, routes);
  return `${names.join(", ")} ${names.length > 1 ? "go" : "goes"}`;
}

/** @param {import("./route-card.js").Override | undefined} override */
function overridden(override) {
  return override === undefined ? "" : ` But the override by ${override.actor} stays in force until it is resumed.`;
}

/** @param {import("./route-card.js").Flag | undefined} flag */
function rulesLost(flag) {
  const isPlain = flag === undefined || /^(?:on|off|\d+ % of buckets)$/.test(flag.summary);
  return isPlain ? "" : ` Its rules (${flag.summary}) are dropped.`;
}
