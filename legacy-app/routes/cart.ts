import { Router, urlencoded } from "express";
import type { OrderBook } from "../../demo/order-book.ts";
import { totalCentsOf } from "../../demo/shop-data.ts";
import { requireLogin, sendPage } from "../answer.ts";
import { cartLines, changeCart } from "../cart-lines.ts";
import { messagePage } from "../pages/form-pages.ts";
import { cartPage } from "../pages/shop-pages.ts";
import { awaitStore } from "../session-store.ts";

/** The basket lives in the session, before login and after it. */
export function cartRoutes(orders: OrderBook): Router {
  const router = Router();

  router.get("/cart", (req, res) =>
    sendPage(req, res, { title: "Your basket", body: cartPage(cartLines(req.session.cart)) }),
  );

  router.get("/api/cart", (req, res) => {
    const lines = cartLines(req.session.cart);
    res.json({ lines, totalCents: totalCentsOf(lines), servedBy: "legacy" });
  });

  router.post("/cart", urlencoded({ extended: false, limit: "16kb" }), async (req, res) => {
    const cart = changeCart(req.session.cart, (req.body ?? {}) as Record<string, unknown>);
    if (cart === undefined) {
      const body = messagePage("We do not know that article, or not that many of it.");
      return sendPage(req, res, { title: "Your basket", body, status: 400 });
    }
    req.session.cart = cart;
    // Saved before the answer: a basket that could not be kept is a 503, not a success.
    await awaitStore((done) => req.session.save(done));
    res.redirect(303, "/cart");
  });

  router.post("/orders", requireLogin, async (req, res) => {
    const { user, cart } = req.session;
    const lines = cartLines(cart);
    if (user === undefined || lines.length === 0) return res.redirect(303, "/cart");
    req.session.cart = {};
    await awaitStore((done) => req.session.save(done));
    res.redirect(303, `/orders/${orders.place(user, lines).id}`);
  });

  return router;
}
