import { byId, element, setText } from "./element.js";
import { readStream, SignInNeeded } from "./gateway-api.js";

/**
 * @typedef {{ id: string, atMs: number, method: string, path: string, status: number, side: "legacy" | "modern", route: string,
 *   reason: string, flag?: string, user?: string, durationMs: number }} LiveEvent
 */

const MOST_ROWS = 200;
const RETRY_MS = 2_000;

/**
 * The requests as they are answered. Starts reading at once and begins again when the gateway was away.
 *
 * @param {{ signInNeeded(): void }} listener
 */
export function createLiveView({ signInNeeded }) {
  const list = byId("live", HTMLOListElement);
  const state = byId("live-state", HTMLElement);
  const pause = byId("live-pause", HTMLButtonElement);
  const filter = byId("live-filter", HTMLInputElement);
  const side = byId("live-side", HTMLSelectElement);
  /** @type {LiveEvent[]} the newest first */
  let events = [];
  let missed = 0;
  let isPaused = false;
  let isConnected = false;
  let isDrawing = false;
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    setText(pause, isPaused ? "Go on" : "Pause");
    redraw();
  });
  filter.addEventListener("input", redraw);
  side.addEventListener("change", redraw);
  return { watch };

  async function watch() {
    for (;;) {
      try {
        await readStream("/api/live", { opened, message: take });
        isConnected = false;
      } catch (error) {
        isConnected = false;
        if (error instanceof SignInNeeded) {
          signInNeeded();
          return;
        }
      }
      tellState();
      await new Promise((wake) => setTimeout(wake, RETRY_MS));
    }
  }

  function opened() {
    isConnected = true;
    redraw();
  }

  /**
   * @param {string} kind
   * @param {any} data
   */
  function take(kind, data) {
    if (kind === "missed") missed += data.count;
    else events.unshift(data);
    // While paused, what is shown stays; what comes in is kept as far as it fits.
    if (events.length > MOST_ROWS) events.length = MOST_ROWS;
    if (!isPaused) redraw();
  }

  /** At most once a frame, however many events come. */
  function redraw() {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      draw();
    });
  }

  function draw() {
    const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const shown = events.filter((event) => (side.value === "" || event.side === side.value) && matches(event, words));
    /** @type {Map<string, Element>} */
    const rows = new Map([...list.children].map((row) => [row.getAttribute("data-key") ?? "", row]));
    list.replaceChildren(...shown.map((event) => rows.get(keyOf(event)) ?? createRow(event)));
    if (shown.length === 0) list.append(element("li", { class: "empty" }, emptyText()));
    tellState();
  }

  function emptyText() {
    return events.length === 0 ? "Nothing yet: the next request shows up here." : "None of the last requests matches.";
  }

  function tellState() {
    const gap = missed > 0 ? `, ${missed} left out` : "";
    if (!isConnected && events.length > 0) setText(state, "connecting again …");
    else setText(state, isPaused ? "paused" : events.length === 0 ? "" : `the last ${events.length}${gap}`);
  }
}

/** @param {LiveEvent} event */
function keyOf({ id, atMs }) {
  return `${id} ${atMs}`;
}

/**
 * @param {LiveEvent} event
 * @param {string[]} words  each must stand somewhere in it
 */
function matches(event, words) {
  if (words.length === 0) return true;
  const { method, path, status, side, route, reason, flag = "", user = "" } = event;
  const text = `${method} ${path} ${status} ${side} ${route} ${reason} ${flag} ${user}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** @param {LiveEvent} event */
function createRow(event) {
  const { atMs, method, path, status, side, route, reason, flag, user, durationMs } = event;
  const reasonText = flag === undefined ? reason : `${reason} ${flag}`;
  return element(
    "li",
    { "data-key": keyOf(event), "data-route": route, class: side },
    element("span", { class: `side ${side}` }, side),
    element("span", { class: "request" }, `${method} ${path}`),
    element("span", { class: `status s${Math.floor(status / 100)}` }, String(status)),
    element(
      "span",
      { class: "detail" },
      [timeText(atMs), route, reasonText, ...(user === undefined ? [] : [user]), `${durationMs.toFixed(1)} ms`].join(
        " · ",
      ),
    ),
  );
}

/** @param {number} atMs */
function timeText(atMs) {
  return new Date(atMs).toLocaleTimeString([], { hour12: false });
}
