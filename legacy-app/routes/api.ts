import { json, Router } from "express";
import { type OrderBook, parseOrderLines } from "../../demo/order-book.ts";
import { customerRecord, PRODUCTS } from "../../demo/shop-data.ts";
import { requireLogin } from "../answer.ts";
import { userOf } from "./shop.ts";

/** The JSON that the shop's own pages use. */
export function apiRoutes(orders: OrderBook): Router {
  const router = Router();
  const servedBy = "legacy";

  router.get("/api/me", (req, res) => {
    res.json({ user: req.session.user ?? null, servedBy });
  });

  router.get("/api/catalog", (_req, res) => {
    res.json({ products: PRODUCTS, servedBy });
  });

  router.get("/api/account", requireLogin, (req, res) => {
    const user = userOf(req);
    res.json({ user, ...customerRecord(user.id), servedBy });
  });

  router.get("/api/orders", requireLogin, (req, res) => {
    const user = userOf(req);
    res.json({ user: user.id, orders: orders.visibleTo(user), servedBy });
  });

  router.get("/api/orders/:id", requireLogin, (req, res, next) => {
    const order = orders.find(Number(req.params["id"]), userOf(req));
    if (order === undefined) return next();
    res.json({ order, servedBy });
  });

  router.post("/api/orders", requireLogin, json({ limit: "16kb" }), (req, res) => {
    const lines = parseOrderLines(req.body);
    if (lines === undefined) {
      res.status(400).json({ error: "the body must hold lines of known productId and quantity" });
      return;
    }
    const order = orders.place(userOf(req), lines);
    res.status(201).location(`/api/orders/${order.id}`).json({ order, servedBy });
  });

  return router;
}
