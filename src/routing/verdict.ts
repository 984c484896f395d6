/** Whether a condition holds; `doubtful` when servers would disagree about it. */
export type Verdict = "holds" | "fails" | "doubtful";

/**
 * What to make of a name that should come once. Given twice, some servers take the first, some the last, some join the two:
 * a condition holds only if it does for all of them.
 */
export function verdictOf(
  lists: readonly (readonly string[])[],
  wanted: ReadonlySet<string> | true,
  joint: string,
): Verdict {
  let holds = 0;
  let fails = 0;
  const count = (answer: boolean): void => {
    if (answer) holds++;
    else fails++;
  };
  for (const values of lists) {
    if (wanted === true || values.length === 0) count(values.length > 0);
    else
      for (const value of new Set([values[0], values.at(-1), values.join(joint)])) count(wanted.has(value as string));
  }
  if (fails === 0) return "holds";
  return holds === 0 ? "fails" : "doubtful";
}

/** Of conditions that must all hold. */
export function verdictOfAll(verdicts: Iterable<Verdict>): Verdict {
  let all: Verdict = "holds";
  for (const verdict of verdicts) {
    if (verdict === "fails") return "fails";
    if (verdict === "doubtful") all = "doubtful";
  }
  return all;
}
