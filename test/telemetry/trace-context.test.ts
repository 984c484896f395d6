import { expect, it } from "vitest";
import { continueTrace, createRandomHex } from "../../src/telemetry/trace-context.ts";

const fixed = (octets: number) => "ab".repeat(octets);
const trace = "4bf92f3577b34da6a3ce929d0e0e4736";

it("continues the client's trace under a parent id of its own", () => {
  expect(continueTrace(`00-${trace}-00f067aa0ba902b7-00`, fixed)).toBe(`00-${trace}-${"ab".repeat(8)}-00`);
});

it.each([
  undefined,
  "",
  "garbage",
  `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
  `00-${trace}-${"0".repeat(16)}-01`,
  `ff-${trace}-00f067aa0ba902b7-01`,
])("begins a trace where %j came", (received) => {
  expect(continueTrace(received, fixed)).toBe(`00-${"ab".repeat(16)}-${"ab".repeat(8)}-01`);
});

it("random hex of different lengths never shares octets, whatever is left in the pool", () => {
  const randomHex = createRandomHex();
  const lengths = Array.from({ length: 3_000 }, (_, i) => [12, 16, 8][i % 3] as number);
  const all = lengths.map((octets) => randomHex(octets));
  expect(all.map((hex) => hex.length)).toEqual(lengths.map((octets) => octets * 2));
  // Two ids cut from the same or from overlapping places would begin or end alike.
  expect(new Set(all.map((hex) => hex.slice(0, 16))).size).toBe(3_000);
  expect(new Set(all.map((hex) => hex.slice(-16))).size).toBe(3_000);
});

it("random hex never repeats and has the length asked for, across refills of its pool", () => {
  const randomHex = createRandomHex();
  const ids = new Set(Array.from({ length: 5_000 }, () => randomHex(12)));
  expect(ids.size).toBe(5_000);
  expect([...ids].every((id) => /^[0-9a-f]{24}$/.test(id))).toBe(true);
});
