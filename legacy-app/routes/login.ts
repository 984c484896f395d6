import { createHash, timingSafeEqual } from "node:crypto";
import { type Request, Router, urlencoded } from "express";
import { SHOP_USERS, type ShopUser } from "../../demo/shop-data.ts";
import { sendPage } from "../answer.ts";
import { loginPage } from "../pages/form-pages.ts";
import { awaitStore } from "../session-store.ts";

const DEFAULT_TARGET = "/orders";

export function loginRoutes(): Router {
  const router = Router();
  const form = urlencoded({ extended: false, limit: "16kb" });

  router.get("/login", (req, res) => {
    const body = loginPage({
      next: returnPath(req.query["next"]),
      user: req.session.user,
      error: undefined,
      username: "",
    });
    sendPage(req, res, { title: "Log in", body });
  });

  router.post("/login", form, async (req, res) => {
    const fields = (req.body ?? {}) as Record<string, unknown>;
    const username = typeof fields["username"] === "string" ? fields["username"] : "";
    const password = typeof fields["password"] === "string" ? fields["password"] : "";
    const next = returnPath(fields["next"] ?? req.query["next"]);
    const user = checkPassword(username, password);
    if (user === undefined) {
      const error = "That name and that password do not belong together.";
      const body = loginPage({ next, user: req.session.user, error, username });
      sendPage(req, res, { title: "Log in", body, status: 401 });
      return;
    }
    await startSession(req, user);
    res.redirect(303, next);
  });

  router.post("/logout", async (req, res) => {
    await awaitStore((done) => req.session.destroy(done));
    res.redirect(303, "/");
  });

  return router;
}

/**
 * A fresh session id, so that nobody can plant one before login. The basket comes along, unless it was somebody else's. Saved before
 * the redirect, or the browser's next request might come before the session does (expressjs/session#360).
 */
async function startSession(req: Request, user: ShopUser): Promise<void> {
  const { user: previous, cart } = req.session;
  await awaitStore((done) => req.session.regenerate(done));
  req.session.user = { id: user.id, name: user.name, roles: user.roles };
  if (cart !== undefined && (previous === undefined || previous.id === user.id)) req.session.cart = cart;
  await awaitStore((done) => req.session.save(done));
}

/** A path on this site, and nothing that a browser would read as another one: `//host`, `/\host`, and their forms with a tab inside. */
export function returnPath(next: unknown): string {
  if (typeof next !== "string" || !next.startsWith("/") || next.startsWith("//")) return DEFAULT_TARGET;
  // eslint-disable-next-line no-control-regex -- browsers drop tabs and line ends from addresses (WHATWG URL §4.4)
  return /[\\\u0000-\u0020\u007f]/.test(next) ? DEFAULT_TARGET : next;
}

function checkPassword(username: string, password: string): ShopUser | undefined {
  const user = SHOP_USERS.find((candidate) => candidate.id === username);
  const expected = createHash("sha256").update(`${username}-pw`).digest();
  const matches = timingSafeEqual(expected, createHash("sha256").update(password).digest());
  return matches ? user : undefined;
}
