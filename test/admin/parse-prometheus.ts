export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)",?/gy;

/** Reads the text format 0.0.4; throws at the first line that is not of it, and where a sample's type was not announced. */
export function parsePrometheus(text: string): PrometheusSample[] {
  const types = new Map<string, string>();
  const samples: PrometheusSample[] = [];
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type !== null) types.set(type[1] as string, type[2] as string);
    if (line === "" || line.startsWith("# ")) continue;
    const match = SAMPLE.exec(line);
    if (match === null) throw new Error(`not a sample: ${line}`);
    const [, name = "", labels = "", value = ""] = match;
    if (!types.has(name) && !types.has(name.replace(/_(?:bucket|sum|count)$/, "")))
      throw new Error(`${name} has no type`);
    samples.push({ name, labels: readLabels(labels), value: value === "+Inf" ? Infinity : Number(value) });
  }
  return samples;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const match of text.matchAll(LABEL)) {
    labels[match[1] as string] = (match[2] as string).replace(/\\(.)/g, (_all, c: string) => (c === "n" ? "\n" : c));
    end = match.index + match[0].length;
  }
  if (end !== text.length) throw new Error(`not labels: ${text}`);
  return labels;
}
