import { type Request, Router } from "express";
import type { OrderBook } from "../../demo/order-book.ts";
import { customerRecord, type ShopUser } from "../../demo/shop-data.ts";
import { requireLogin, sendPage } from "../answer.ts";
import { messagePage, uploadPage } from "../pages/form-pages.ts";
import { accountPage, adminPage, cataloguePage, homePage, orderPage, ordersPage } from "../pages/shop-pages.ts";

/** The pages that only read. */
export function shopRoutes(orders: OrderBook): Router {
  const router = Router();

  router.get("/", (req, res) => sendPage(req, res, { title: "Welcome", body: homePage() }));
  router.get("/catalog", (req, res) => sendPage(req, res, { title: "Catalogue", body: cataloguePage() }));
  router.get("/upload", (req, res) => sendPage(req, res, { title: "Send us a picture", body: uploadPage() }));

  router.get("/orders", requireLogin, (req, res) => {
    const user = userOf(req);
    sendPage(req, res, { title: "My orders", body: ordersPage(orders.visibleTo(user), user) });
  });

  router.get("/orders/:id", requireLogin, (req, res, next) => {
    const order = orders.find(Number(req.params["id"]), userOf(req));
    if (order === undefined) return next();
    sendPage(req, res, { title: `Order ${order.id}`, body: orderPage(order) });
  });

  router.get("/account", requireLogin, (req, res) => {
    const user = userOf(req);
    sendPage(req, res, { title: "My account", body: accountPage(user, customerRecord(user.id)) });
  });

  router.get("/admin", requireLogin, (req, res) => {
    const user = userOf(req);
    if (!user.roles.includes("admin")) {
      const body = messagePage("This part of the shop is for administrators.");
      return sendPage(req, res, { title: "No entry", body, status: 403 });
    }
    sendPage(req, res, { title: "Administration", body: adminPage(orders.visibleTo(user)) });
  });

  return router;
}

/** For routes behind requireLogin. */
export function userOf(req: Request): ShopUser {
  const { user } = req.session;
  if (user === undefined) throw new Error(`${req.path} is not behind requireLogin`);
  return user;
}
