/** The shop that both demo applications sell from: the same people, goods and orders, so that only the footer tells them apart. */

export type Role = "customer" | "support" | "admin";

export interface ShopUser {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly priceCents: number;
}

export interface OrderLine {
  readonly productId: string;
  readonly quantity: number;
}

export interface Order {
  readonly id: number;
  readonly userId: string;
  /** ISO 8601, UTC. */
  readonly placedAt: string;
  readonly status: "placed" | "packed" | "shipped" | "delivered";
  readonly lines: readonly OrderLine[];
  readonly totalCents: number;
}

export interface CustomerRecord {
  readonly email: string;
  readonly address: string;
  readonly customerSince: string;
}

export const SHOP_NAME = "Kettle & Crumb";

export const SHOP_USERS: readonly ShopUser[] = [
  { id: "alice", name: "alice", roles: ["customer"] },
  { id: "bob", name: "bob", roles: ["customer"] },
  { id: "carol", name: "carol", roles: ["support"] },
  { id: "dave", name: "dave", roles: ["admin"] },
];

const CUSTOMER_RECORDS: Readonly<Record<string, CustomerRecord>> = {
  alice: { email: "alice@shop.example", address: "12 Lindenweg, 3007 Bern", customerSince: "2009-03-14" },
  bob: { email: "bob@shop.example", address: "8 Harbour Street, Bristol", customerSince: "2011-11-02" },
  carol: { email: "carol@shop.example", address: "Customer care, first floor", customerSince: "2010-06-21" },
  dave: { email: "dave@shop.example", address: "The back office", customerSince: "2008-01-07" },
};

export const PRODUCTS: readonly Product[] = [
  product("kettle-copper", "Copper kettle", "Hand-beaten, 1.5 litres, whistles in B flat.", 8900),
  product("kettle-steel", "Steel kettle", "Plain, quick, and hard to dent.", 3450),
  product("teapot-brown", "Brown betty teapot", "The pot that keeps its heat and its temper.", 2790),
  product("tea-assam", "Assam, 250 g", "Malty. Takes milk and no nonsense.", 980),
  product("tea-jasmine", "Jasmine pearls, 100 g", "Rolled by hand, scented over five nights.", 1640),
  product("shortbread", "Shortbread, one dozen", "Butter, flour, sugar. Baked on Tuesdays.", 720),
];

const PRODUCTS_BY_ID = new Map(PRODUCTS.map((entry) => [entry.id, entry]));

/** The orders that exist before anybody orders anything. */
export const SEED_ORDERS: readonly Order[] = [
  order(7, "alice", "delivered", "2009-11-05T09:12:00.000Z", [
    { productId: "kettle-copper", quantity: 1 },
    { productId: "tea-assam", quantity: 2 },
  ]),
  order(8, "bob", "delivered", "2009-11-09T16:40:00.000Z", [{ productId: "teapot-brown", quantity: 1 }]),
  order(9, "carol", "shipped", "2009-11-12T08:03:00.000Z", [{ productId: "shortbread", quantity: 4 }]),
  order(12, "alice", "shipped", "2009-11-16T19:27:00.000Z", [{ productId: "shortbread", quantity: 2 }]),
  order(14, "bob", "packed", "2009-11-18T11:55:00.000Z", [
    { productId: "kettle-steel", quantity: 1 },
    { productId: "tea-jasmine", quantity: 1 },
  ]),
  order(21, "alice", "placed", "2009-11-20T21:08:00.000Z", [{ productId: "tea-jasmine", quantity: 3 }]),
];

export function findProduct(id: string): Product | undefined {
  return PRODUCTS_BY_ID.get(id);
}

export function customerRecord(userId: string): CustomerRecord | undefined {
  return Object.hasOwn(CUSTOMER_RECORDS, userId) ? CUSTOMER_RECORDS[userId] : undefined;
}

export function totalCentsOf(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, line) => sum + line.quantity * (findProduct(line.productId)?.priceCents ?? 0), 0);
}

/** Support and admin see every order; everybody else sees only his own. */
export function maySeeOrder(user: ShopUser, candidate: Order): boolean {
  return candidate.userId === user.id || user.roles.includes("support") || user.roles.includes("admin");
}

export function formatCents(cents: number): string {
  return `€ ${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
}

/** What the order ticker says: order number `count` of an endless, repeatable stream. */
export function tickerOrder(count: number): { number: number; product: string; quantity: number; totalCents: number } {
  const chosen = PRODUCTS.at((count * 5) % PRODUCTS.length) as Product;
  const quantity = (count % 3) + 1;
  return { number: 1000 + count, product: chosen.name, quantity, totalCents: chosen.priceCents * quantity };
}

function product(id: string, name: string, description: string, priceCents: number): Product {
  return { id, name, description, priceCents };
}

// eslint-disable-next-line max-params -- a row of a table
function order(id: number, userId: string, status: Order["status"], placedAt: string, lines: OrderLine[]): Order {
  return { id, userId, status, placedAt, lines, totalCents: totalCentsOf(lines) };
}
