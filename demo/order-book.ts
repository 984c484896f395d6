import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  findProduct,
  maySeeOrder,
  type Order,
  type OrderLine,
  SEED_ORDERS,
  type ShopUser,
  totalCentsOf,
} from "./shop-data.ts";

/** The shop's orders. Legacy and modern each open one; given the same directory, each sees what the other placed. */
export interface OrderBook {
  /** The orders this user may see, the newest first. */
  visibleTo(user: ShopUser): Order[];
  /** One order, or undefined when there is none or this user may not see it. */
  find(id: number, user: ShopUser): Order | undefined;
  place(user: ShopUser, lines: readonly OrderLine[]): Order;
}

export interface OrderBookOptions {
  /**
   * Where placed orders are kept, a file each. It stands for the one database that both sides of a migration share: with it,
   * what was ordered on modern is there after a rollback. Default: in memory, for the life of the process.
   */
  readonly directory?: string | undefined;
  readonly now?: () => Date;
}

const MAX_QUANTITY = 99;
const MAX_LINES = 20;

export function openOrderBook(options: OrderBookOptions = {}): OrderBook {
  const now = options.now ?? (() => new Date());
  const placed = options.directory === undefined ? memoryOrders() : directoryOrders(options.directory);
  const all = () => [...SEED_ORDERS, ...placed.read()];
  return {
    visibleTo: (user) =>
      all()
        .filter((order) => maySeeOrder(user, order))
        .sort((a, b) => b.id - a.id),
    find: (id, user) => all().find((order) => order.id === id && maySeeOrder(user, order)),
    place(user, lines) {
      const draft = {
        userId: user.id,
        placedAt: now().toISOString(),
        status: "placed" as const,
        lines,
        totalCents: totalCentsOf(lines),
      };
      for (let id = Math.max(...all().map((order) => order.id)) + 1; ; id += 1) {
        const order: Order = { id, ...draft };
        if (placed.add(order)) return order;
      }
    },
  };
}

/** Reads order lines out of whatever a client sent; undefined when they are not lines of this shop. */
export function parseOrderLines(body: unknown): OrderLine[] | undefined {
  const lines = typeof body === "object" && body !== null && "lines" in body ? body.lines : [body];
  if (!Array.isArray(lines) || lines.length === 0 || lines.length > MAX_LINES) return undefined;
  const parsed = lines.map(parseOrderLine);
  return parsed.includes(undefined) ? undefined : (parsed as OrderLine[]);
}

function parseOrderLine(line: unknown): OrderLine | undefined {
  if (typeof line !== "object" || line === null || !("productId" in line)) return undefined;
  const quantity = "quantity" in line ? Number(line.quantity) : 1;
  if (typeof line.productId !== "string" || findProduct(line.productId) === undefined) return undefined;
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > MAX_QUANTITY) return undefined;
  return { productId: line.productId, quantity };
}

/** `add` says whether the id was still free. */
interface PlacedOrders {
  read(): Order[];
  add(order: Order): boolean;
}

function memoryOrders(): PlacedOrders {
  const orders: Order[] = [];
  return {
    read: () => orders,
    add: (order) => orders.push(order) > 0,
  };
}

function directoryOrders(directory: string): PlacedOrders {
  mkdirSync(directory, { recursive: true });
  return {
    read: () =>
      readdirSync(directory)
        .filter((name) => /^\d+\.json$/.test(name))
        .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Order),
    add(order) {
      // link(2) fails when the name is taken: of two processes that want the same id, one gets it, and nobody reads half a file.
      const draft = join(directory, `.${order.id}-${process.pid}.tmp`);
      writeFileSync(draft, JSON.stringify(order));
      try {
        linkSync(draft, join(directory, `${order.id}.json`));
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
      } finally {
        rmSync(draft, { force: true });
      }
    },
  };
}
