/** The parts of a V8 CPU profile (`node --cpu-prof`) that are read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds from each sample to the one before. */
  readonly timeDeltas: readonly number[];
}

export interface FunctionTime {
  readonly name: string;
  /** `file:line`, or what the runtime calls it. */
  readonly place: string;
  /** Of the time in which the process was not idle, 0 to 1. */
  readonly share: number;
}

/** Where a process spent its own time, the dearest function first. Idle time is left out. */
export function topFunctions(profile: CpuProfile, root: string): FunctionTime[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const times = new Map<string, { name: string; place: string; us: number }>();
  let busyUs = 0;
  profile.samples.forEach((id, i) => {
    const frame = nodes.get(id);
    if (frame === undefined || frame.functionName === "(idle)") return;
    const us = profile.timeDeltas[i] ?? 0;
    const place = placeOf(frame, root);
    const key = `${frame.functionName} ${place}`;
    const known = times.get(key);
    if (known === undefined) times.set(key, { name: frame.functionName || "(anonymous)", place, us });
    else known.us += us;
    busyUs += us;
  });
  return [...times.values()]
    .sort((a, b) => b.us - a.us)
    .map(({ name, place, us }) => ({ name, place, share: us / busyUs }));
}

function placeOf({ url, lineNumber }: { url: string; lineNumber: number }, root: string): string {
  if (url === "") return "runtime";
  const path = url.startsWith("file://") ? decodeURIComponent(url.slice("file://".length)) : url;
  return `${path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path}:${lineNumber + 1}`;
}
