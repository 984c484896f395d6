import { Router } from "express";
import type { OrderBook } from "../../demo/order-book.ts";
import { customerRecord } from "../../demo/shop-data.ts";
import { optionalUser, type Verifier } from "../../src/verify.ts";
import { requirePageUser } from "../page-user.ts";
import { sendPage } from "../pages/send-page.ts";
import { accountPage, adminPage, cataloguePage, homePage, orderPage, ordersPage } from "../pages/shop-pages.ts";
import { shopUserOf } from "../shop-user.ts";

export function pageRoutes(verifier: Verifier, orders: OrderBook): Router {
  const router = Router();
  const anybody = optionalUser(verifier);
  const user = requirePageUser(verifier);
  const admin = requirePageUser(verifier, "admin");

  router.get("/", anybody, (req, res) => sendPage(req, res, { title: "Welcome", body: homePage() }));
  router.get("/catalog", anybody, (req, res) => sendPage(req, res, { title: "Catalogue", body: cataloguePage() }));

  router.get("/orders", user, (req, res) =>
    sendPage(req, res, { title: "Orders", body: ordersPage(orders.visibleTo(shopUserOf(req))) }),
  );

  router.get("/orders/:id", user, (req, res, next) => {
    const order = orders.find(Number(req.params["id"]), shopUserOf(req));
    if (order === undefined) return next();
    sendPage(req, res, { title: `Order ${order.id}`, body: orderPage(order) });
  });

  router.get("/account", user, (req, res) => {
    const shopUser = shopUserOf(req);
    sendPage(req, res, { title: "Account", body: accountPage(shopUser, customerRecord(shopUser.id)) });
  });

  router.get("/admin", admin, (req, res) =>
    sendPage(req, res, { title: "Admin", body: adminPage(orders.visibleTo(shopUserOf(req))) }),
  );

  return router;
}
