import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openOrderBook, parseOrderLines } from "../../demo/order-book.ts";

const ALICE = { id: "alice", name: "alice", roles: ["customer"] };
const BOB = { id: "bob", name: "bob", roles: ["customer"] };
const LINES = [{ productId: "tea-assam", quantity: 2 }];

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "shop-orders-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("two order books over one directory see each other's orders and never give an id twice", () => {
  const [legacy, modern] = [openOrderBook({ directory }), openOrderBook({ directory })];
  const placed = [legacy.place(ALICE, LINES), modern.place(ALICE, LINES), legacy.place(ALICE, LINES)];
  expect(new Set(placed.map((order) => order.id)).size).toBe(3);
  expect(legacy.visibleTo(ALICE)).toEqual(modern.visibleTo(ALICE));
  expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

it("an order that was placed belongs to whom placed it", () => {
  const book = openOrderBook();
  const { id, totalCents } = book.place(ALICE, LINES);
  expect(totalCents).toBe(1_960);
  expect(book.find(id, ALICE)?.lines).toEqual(LINES);
  expect(book.find(id, BOB)).toBeUndefined();
});

it.each([
  null,
  "text",
  { lines: [] },
  { lines: [{ productId: "anvil" }] },
  { lines: [{ productId: "tea-assam", quantity: 0 }] },
  { lines: [{ productId: "tea-assam", quantity: 1.5 }] },
  { lines: Array.from({ length: 21 }, () => ({ productId: "tea-assam" })) },
])("%j is no order", (body) => {
  expect(parseOrderLines(body)).toBeUndefined();
});
