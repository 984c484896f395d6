import { expect, it } from "vitest";
import { HEAP_BOUND_BYTES, judgeGrowth, type Sample } from "../../../bench/soak/judge-growth.ts";

const MB = 1_048_576;

function samples(heapMb: (i: number) => number, descriptors: (i: number) => number = () => 60): Sample[] {
  return Array.from({ length: 36 }, (_, i) => ({
    atMs: i * 1_000,
    heapBytes: heapMb(i) * MB,
    residentBytes: 100 * MB,
    descriptors: descriptors(i),
  }));
}

const held = (all: Sample[]) => judgeGrowth(all)?.map((verdict) => verdict.held);

it("forgives what the first quarter fills up, and noise", () => {
  expect(held(samples((i) => (i < 9 ? 30 + i : 40 + (i % 3))))).toEqual([true, true]);
});

it("finds a heap that grows steadily beyond its bound", () => {
  const perSample = (1.6 * HEAP_BOUND_BYTES) / MB / 18;
  expect(held(samples((i) => 40 + i * perSample))).toEqual([false, true]);
});

it("finds descriptors that are never given back", () => {
  expect(
    held(
      samples(
        () => 40,
        (i) => 60 + i * 2,
      ),
    ),
  ).toEqual([true, false]);
});

it("says nothing of too few samples", () => {
  expect(judgeGrowth(samples(() => 40).slice(0, 2))).toBeUndefined();
});
