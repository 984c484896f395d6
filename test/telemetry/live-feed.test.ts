import { expect, it } from "vitest";
import { createLiveFeed, type LiveEvent, type SettledEvent } from "../../src/telemetry/live-feed.ts";
import { until } from "../doubles/until.ts";

function event(id: string): SettledEvent {
  return {
    id,
    method: "GET",
    path: "/",
    status: 200,
    side: "legacy",
    route: "everything-else",
    reason: "no-flag",
    flag: undefined,
    user: undefined,
    durationMs: 1,
  };
}

/** A reader that remembers what it took, and takes nothing while it is busy. */
function openReader() {
  const reader = {
    ids: [] as string[],
    missed: 0,
    isBusy: false,
    timesAsked: 0,
    take(events: readonly LiveEvent[], missed: number): "taken" | "busy" {
      reader.timesAsked++;
      if (reader.isBusy) return "busy";
      reader.ids.push(...events.map(({ id }) => id));
      reader.missed += missed;
      return "taken";
    },
  };
  return reader;
}

const openFeed = () => createLiveFeed({ nowMs: () => 1_000, gatherMs: 1 });

it("there is nothing to tell while nobody reads, and again once the last reader left", () => {
  const feed = openFeed();
  expect(feed.publish).toBeUndefined();
  const [endFirst, endSecond] = [feed.subscribe(openReader()), feed.subscribe(openReader())];
  expect(feed.publish).toBeTypeOf("function");
  endFirst();
  expect(feed.publish).toBeTypeOf("function");
  endSecond();
  expect(feed.publish).toBeUndefined();
});

it("each reader gets each event once, in order, with its time", async () => {
  const feed = openFeed();
  const readers = [openReader(), openReader()];
  const times: number[] = [];
  for (const reader of readers) feed.subscribe(reader);
  feed.subscribe({ take: (events) => (times.push(...events.map(({ atMs }) => atMs)), "taken") });
  for (const id of ["a", "b", "c"]) feed.publish?.(event(id));
  await until("both have read", () => readers.every(({ ids }) => ids.length === 3));
  feed.publish?.(event("d"));
  await until("both have read on", () => readers.every(({ ids }) => ids.length === 4));
  expect(readers.map(({ ids }) => ids.join(""))).toEqual(["abcd", "abcd"]);
  expect(times).toEqual([1_000, 1_000, 1_000, 1_000]);
});

it("a busy reader is asked again, loses the oldest beyond 200, is told how many, and holds up nobody", async () => {
  const feed = openFeed();
  const [slow, quick] = [openReader(), openReader()];
  slow.isBusy = true;
  feed.subscribe(slow);
  feed.subscribe(quick);
  for (let i = 0; i < 150; i++) feed.publish?.(event(`${i}`));
  await until("the quick one has read", () => quick.ids.length === 150);
  for (let i = 150; i < 300; i++) feed.publish?.(event(`${i}`));
  await until("the quick one has read on", () => quick.ids.length === 300);
  const { timesAsked } = slow;
  await until("the slow one is asked again without a further event", () => slow.timesAsked > timesAsked);
  expect([slow.ids.length, quick.missed]).toEqual([0, 0]);
  slow.isBusy = false;
  await until("the slow one has read", () => slow.ids.length > 0);
  expect([slow.missed, slow.ids.length, slow.ids[0], slow.ids.at(-1)]).toEqual([100, 200, "100", "299"]);
});

it("a million events at once cost memory for 200", async () => {
  const feed = openFeed();
  const reader = openReader();
  feed.subscribe(reader);
  for (let i = 0; i < 1_000_000; i++) feed.publish?.(event(`${i}`));
  await until("it has read", () => reader.ids.length > 0);
  expect([reader.ids.length, reader.missed, reader.ids.at(-1)]).toEqual([200, 999_800, "999999"]);
});

it("a later reader begins with what the others saw last, and nothing is kept from a time without readers", async () => {
  const feed = openFeed();
  const [first, second, third] = [openReader(), openReader(), openReader()];
  const ends = [feed.subscribe(first)];
  feed.publish?.(event("a"));
  await until("the first has read", () => first.ids.length === 1);
  ends.push(feed.subscribe(second));
  await until("the second has read", () => second.ids.length === 1);
  for (const end of ends) end();
  feed.subscribe(third);
  feed.publish?.(event("b"));
  await until("the third has read", () => third.ids.length > 0);
  expect(third.ids).toEqual(["b"]);
});

it("a reader that throws is asked no more, and the others go on", async () => {
  const feed = openFeed();
  const reader = openReader();
  feed.subscribe({
    take() {
      throw new Error("broken");
    },
  });
  feed.subscribe(reader);
  feed.publish?.(event("a"));
  await until("the other has read", () => reader.ids.length === 1);
  expect(feed.readerCount).toBe(1);
});
