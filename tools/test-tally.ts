import { relative } from "node:path";
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from "vitest/node";

export interface SkippedSuite {
  /** File and titles of the outermost thing that was skipped as a whole. */
  readonly title: string;
  readonly count: number;
  readonly reason: string;
}

type Parent = TestSuite | TestModule;

/** Counts a run's tests, and gathers what was skipped. A reporter of vitest's. */
export class TestTally implements Reporter {
  hasOtherErrors = false;
  #cases: readonly TestCase[] = [];

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#cases = modules.flatMap((module) => [...module.children.allTests()]);
    // A file that cannot be loaded has no tests at all; it must not look like a run without failures.
    this.hasOtherErrors = unhandledErrors.length > 0 || modules.some((module) => module.state() === "failed");
  }

  totals(): { passed: number; failed: number; skipped: number } {
    const count = (...states: string[]) => this.#cases.filter((test) => states.includes(test.result().state)).length;
    return { passed: count("passed"), failed: count("failed", "pending"), skipped: count("skipped") };
  }

  skippedSuites(): SkippedSuite[] {
    const groups = new Map<string, { count: number; reason: string }>();
    for (const test of this.#cases.filter((candidate) => candidate.result().state === "skipped")) {
      const whole = outermostSkipped(test);
      const title = `${relative(process.cwd(), test.module.moduleId)} > ${whole.fullName}`;
      const group = groups.get(title) ?? { count: 0, reason: reasonOf(test) };
      groups.set(title, { ...group, count: group.count + 1 });
    }
    return [...groups].map(([title, group]) => ({ title, ...group }));
  }
}

/** The suite in which nothing ran at all, or the test itself. */
function outermostSkipped(test: TestCase): TestCase | TestSuite {
  let whole: TestCase | TestSuite = test;
  for (let parent: Parent = test.parent; parent.type === "suite"; parent = parent.parent) {
    if (![...parent.children.allTests()].every((other) => other.result().state === "skipped")) break;
    whole = parent;
  }
  return whole;
}

/** What `context.skip(reason)` was told; else what stands in brackets at the end of a title, which is the custom here. */
function reasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === "skipped" && result.note !== undefined) return result.note;
  const names = [test.name];
  for (let parent: Parent = test.parent; parent.type === "suite"; parent = parent.parent) names.push(parent.name);
  const told = names.map((name) => /\(([^()]*)\)$/.exec(name)?.[1]).find((reason) => reason !== undefined);
  if (told !== undefined) return told;
  return test.options.mode === "todo"
    ? "not written yet"
    : "no reason given; write it in brackets at the end of the title";
}
