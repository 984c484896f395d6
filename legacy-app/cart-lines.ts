import { findProduct, type OrderLine } from "../demo/shop-data.ts";

export type Cart = Readonly<Record<string, number>>;

const MAX_QUANTITY = 99;

export function cartLines(cart: Cart | undefined): OrderLine[] {
  return Object.entries(cart ?? {}).map(([productId, quantity]) => ({ productId, quantity }));
}

/** The cart after a form was sent; undefined when the form makes no sense. */
export function changeCart(cart: Cart | undefined, form: Readonly<Record<string, unknown>>): Cart | undefined {
  const { action = "add", product, quantity = "1" } = form;
  if (action === "clear") return {};
  if (typeof product !== "string" || findProduct(product) === undefined) return undefined;
  const changed: Record<string, number> = { ...cart };
  const count = Number(quantity);
  switch (action) {
    case "remove":
      delete changed[product];
      return changed;
    case "add":
      if (!Number.isInteger(count) || count < 1) return undefined;
      changed[product] = Math.min((changed[product] ?? 0) + count, MAX_QUANTITY);
      return changed;
    default:
      return undefined;
  }
}
