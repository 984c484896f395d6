import { expect, it } from "vitest";
import type { StoredSession } from "../../../src/identity/redis/session-store.ts";
import type { FeedMode } from "../../../src/identity/redis/subscribe-to-changes.ts";
import { EndedSessions } from "../../../src/identity/session/ended-sessions.ts";
import { SessionReader } from "../../../src/identity/session/session-reader.ts";
import { testDeps } from "../identity-worlds.ts";

const NAME = { id: "id", key: "sess:id", handle: "handle" };

/** A reader whose store answers when it is told to, and whose feed is armed when it is told to. */
function rig() {
  const deps = testDeps();
  const waiting: ((session: StoredSession) => void)[] = [];
  const feed = { current: 1, mode: "tracking" as FeedMode | undefined, epoch: () => feed.current };
  const reader = new SessionReader({
    store: { read: () => new Promise((resolve) => waiting.push(resolve)) },
    feed,
    ended: new EndedSessions(60_000),
    user: { subject: "/user", claims: {} },
    defaultLifeMs: 86_400_000,
    maxSessions: 10,
    clock: deps.clock,
    metrics: deps.metrics,
  });
  const record = reader.record(NAME);
  return {
    deps,
    feed,
    reader,
    record,
    reads: () => waiting.length,
    answer: (user: string, remainingMs = 60_000) =>
      waiting.shift()?.({ kind: "found", text: JSON.stringify({ cookie: {}, user }), remainingMs }),
    remembered: () => reader.remembered(record, deps.clock.monotonicMs())?.subject,
  };
}

it("remembers what was read while changes were reported throughout", async () => {
  const { reader, record, answer, remembered } = rig();
  const reading = reader.read(record);
  answer("alice");
  await reading;
  expect(remembered()).toBe("alice");
});

it("remembers nothing that was sent for before changes were reported, or across a gap", async () => {
  for (const [before, after] of [
    [0, 1],
    [1, 2],
    [1, 0],
    [0, 0],
  ] as const) {
    const { feed, reader, record, answer, remembered } = rig();
    feed.current = before;
    const reading = reader.read(record);
    feed.current = after;
    answer("alice");
    expect(await reading).toMatchObject({ subject: "alice" });
    feed.current = 2;
    expect(remembered()).toBeUndefined();
  }
});

it("lets nobody join a read that a reported change has made doubtful", async () => {
  const { reader, record, reads, answer, remembered } = rig();
  const early = reader.read(record);
  void reader.read(record);
  expect(reads()).toBe(1);
  reader.changed(NAME.id);
  const late = reader.read(record);
  expect(reads()).toBe(2);
  answer("alice");
  expect(await early).toMatchObject({ subject: "alice" });
  expect(remembered()).toBeUndefined();
  answer("bob");
  expect(await late).toMatchObject({ subject: "bob" });
  expect(remembered()).toBe("bob");
});

it("remembers nobody beyond the end of the session, nor for more than 10 seconds", async () => {
  for (const [remainingMs, bound] of [
    [2_000, 2_000],
    [60_000, 10_000],
  ] as const) {
    const { deps, reader, record, answer, remembered } = rig();
    const reading = reader.read(record);
    answer("alice", remainingMs);
    await reading;
    deps.advanceMs = bound - 500;
    expect(remembered()).toBe("alice");
    deps.advanceMs = bound;
    expect(remembered()).toBeUndefined();
  }
});

it("remembers nobody for more than a second where keyspace events report, which say nothing of FLUSHALL", async () => {
  const { deps, feed, reader, record, answer, remembered } = rig();
  feed.mode = "keyspace";
  const reading = reader.read(record);
  answer("alice");
  await reading;
  deps.advanceMs = 800;
  expect(remembered()).toBe("alice");
  deps.advanceMs = 1_000;
  expect(remembered()).toBeUndefined();
});

it("forgets all when anything may have changed", async () => {
  const { reader, record, answer, remembered } = rig();
  const reading = reader.read(record);
  answer("alice");
  await reading;
  reader.flush();
  expect(remembered()).toBeUndefined();
});
