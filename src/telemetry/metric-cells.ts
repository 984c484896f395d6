import type { Metric, Registry } from "prom-client";

/** A family of metrics: the same name, told apart by labels. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** Counts by adding to `value`. */
export interface CounterCell {
  value: number;
}

export interface HistogramCell {
  /** Takes a finite number. */
  observe(value: number): void;
}

/**
 * A counter whose cells are plain numbers: whoever counts gets the cell once and holds it. prom-client's own look for it at every
 * count, by a text made of all its labels, which for counter and histogram cost 0.8 µs a request. What is read is what prom-client's
 * would give.
 *
 * Returns the cell for these label values, in the order of the names. A cell is shown once it has counted something.
 */
export function createCellCounter(registry: Registry, family: Family): (...labelValues: string[]) => CounterCell {
  return openFamily(registry, family, {
    type: "counter",
    createCell: () => ({ value: 0 }),
    samplesOf: (labels, { value }) => (value === 0 ? [] : [{ labels, value }]),
  });
}

/** The same for a histogram; `bounds`: the upper bounds of its buckets, in rising order. */
export function createCellHistogram(
  registry: Registry,
  { bounds, ...family }: Family & { readonly bounds: readonly number[] },
): (...labelValues: string[]) => HistogramCell {
  return openFamily(registry, family, {
    type: "histogram",
    createCell: () => new Buckets(bounds),
    samplesOf: (labels, cell) => cell.samples(family.name, labels),
  });
}

type Labels = Readonly<Record<string, string | number>>;

/** As prom-client gives them, and as `AggregatorRegistry` adds them up. */
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

class Buckets implements HistogramCell {
  readonly #bounds: readonly number[];
  /** How many fell into each bucket alone; the last is for what lies above all bounds. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = [...bounds, Infinity].map(() => 0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (value > (this.#bounds[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
  }

  samples(name: string, labels: Labels): Sample[] {
    if (this.#counts.every((count) => count === 0)) return [];
    let count = 0;
    const buckets = this.#counts.map((own, i) => {
      count += own;
      return { labels: { le: this.#bounds[i] ?? "+Inf", ...labels }, value: count, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: this.#sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ];
  }
}

function openFamily<Cell>(
  registry: Registry,
  { name, help, labelNames }: Family,
  kind: { type: string; createCell(): Cell; samplesOf(labels: Labels, cell: Cell): Sample[] },
): (...labelValues: string[]) => Cell {
  const cells = new Map<string, { readonly labels: Labels; readonly cell: Cell }>();
  const metric = {
    name,
    help,
    type: kind.type,
    labelNames,
    aggregator: "sum",
    get: async () => ({
      name,
      help,
      type: kind.type,
      aggregator: "sum",
      values: [...cells.values()].flatMap(({ labels, cell }) => kind.samplesOf(labels, cell)),
    }),
  };
  // A registry asks no more of a metric than this; its type names prom-client's own classes.
  registry.registerMetric(metric as unknown as Metric);
  return function cellOf(...labelValues) {
    const key = JSON.stringify(labelValues);
    const known = cells.get(key);
    if (known !== undefined) return known.cell;
    const labels = Object.fromEntries(labelNames.map((label, i) => [label, labelValues[i] as string]));
    const cell = kind.createCell();
    cells.set(key, { labels, cell });
    return cell;
  };
}
