import { json, Router } from "express";
import { type OrderBook, parseOrderLines } from "../../demo/order-book.ts";
import { customerRecord, PRODUCTS } from "../../demo/shop-data.ts";
import { optionalUser, requireUser, type Verifier } from "../../src/verify.ts";
import { refuse } from "../problem.ts";
import { shopUserIn, shopUserOf } from "../shop-user.ts";

/** The same JSON as legacy's, for the same users, without a session. */
export function apiRoutes(verifier: Verifier, orders: OrderBook): Router {
  const router = Router();
  const servedBy = "modern";
  const anybody = optionalUser(verifier);
  const user = requireUser(verifier);

  router.get("/api/me", anybody, (req, res) => {
    res.json({ user: shopUserIn(req) ?? null, servedBy });
  });

  router.get("/api/catalog", anybody, (_req, res) => {
    res.json({ products: PRODUCTS, servedBy });
  });

  router.get("/api/account", user, (req, res) => {
    const shopUser = shopUserOf(req);
    res.json({ user: shopUser, ...customerRecord(shopUser.id), servedBy });
  });

  router.get("/api/orders", user, (req, res) => {
    const shopUser = shopUserOf(req);
    res.json({ user: shopUser.id, orders: orders.visibleTo(shopUser), servedBy });
  });

  router.get("/api/orders/:id", user, (req, res, next) => {
    const order = orders.find(Number(req.params["id"]), shopUserOf(req));
    if (order === undefined) return next();
    res.json({ order, servedBy });
  });

  router.post("/api/orders", user, json({ limit: "16kb" }), (req, res) => {
    const lines = parseOrderLines(req.body);
    if (lines === undefined) {
      const detail = "The body must hold lines of known productId and quantity.";
      return refuse(req, res, { status: 400, title: "Bad Request", detail });
    }
    const order = orders.place(shopUserOf(req), lines);
    res.status(201).location(`/api/orders/${order.id}`).json({ order, servedBy });
  });

  return router;
}
