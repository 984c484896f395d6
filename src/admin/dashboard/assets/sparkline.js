const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 28;
const SIDES = /** @type {const} */ (["legacy", "modern"]);

/**
 * A line per side over the last minutes, on one scale, with the last minute's figures beside it.
 *
 * @param {string} title  what is drawn, as in "requests/s"
 * @param {(value: number) => string} format
 */
export function createSparkline(title, format) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const lines = SIDES.map((side) => {
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("class", `line ${side}`);
    svg.append(line);
    return line;
  });
  const figure = document.createElement("figure");
  figure.className = "spark";
  const caption = document.createElement("figcaption");
  caption.textContent = title;
  const numbers = SIDES.map((side) => {
    const number = document.createElement("span");
    number.className = `number ${side}`;
    return number;
  });
  const row = document.createElement("p");
  row.append(...numbers);
  figure.append(caption, svg, row);
  return { figure, draw };

  /**
   * @param {Partial<Record<"legacy" | "modern", readonly (number | null)[]>>} series
   * @param {Partial<Record<"legacy" | "modern", number | null>>} now
   * @param {number} leastTop  the scale reaches at least this far, so that a small figure does not look like a large one
   */
  function draw(series, now, leastTop) {
    const top = Math.max(leastTop, ...SIDES.flatMap((side) => (series[side] ?? []).map((value) => value ?? 0)));
    SIDES.forEach((side, i) => {
      lines[i]?.setAttribute("d", pathOf(series[side] ?? [], top));
      const [value, number] = [now[side] ?? null, numbers[i]];
      if (number === undefined) return;
      number.hidden = value === null;
      number.textContent = value === null ? "" : format(value);
      number.title = `${side}, the last minute`;
    });
  }
}

/**
 * @param {readonly (number | null)[]} values  the newest last; it stands at the right edge
 * @param {number} top
 */
function pathOf(values, top) {
  const steps = 60;
  const step = WIDTH / (steps - 1);
  const start = steps - values.length;
  let path = "";
  let isDrawing = false;
  values.forEach((value, i) => {
    if (value === null) {
      isDrawing = false;
      return;
    }
    const x = (start + i) * step;
    const y = HEIGHT - 2 - (value / top) * (HEIGHT - 4);
    path += `${isDrawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    // A value alone between gaps is a dot.
    if (!isDrawing && (values[i + 1] ?? null) === null) path += "h0.01";
    isDrawing = true;
  });
  return path;
}
