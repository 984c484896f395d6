import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import { Html, html } from "../../demo/html.ts";
import { SHOP_NAME, type ShopUser } from "../../demo/shop-data.ts";
import { shopUserIn } from "../shop-user.ts";
import { STYLE } from "./style.ts";

const NAVIGATION: readonly (readonly [path: string, label: string])[] = [
  ["/catalog", "Catalogue"],
  ["/cart", "Cart"],
  ["/orders", "Orders"],
  ["/account", "Account"],
];

/** Shows one live order under the list, and which side sent it. */
const TICKER_SCRIPT = `
const line = document.getElementById("ticker");
if (line) {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ticker");
  socket.onmessage = ({ data }) => {
    const { order, servedBy } = JSON.parse(data);
    if (order) line.textContent = order.quantity + " × " + order.product + " (" + servedBy + ")";
  };
  socket.onclose = () => { line.textContent = "paused"; };
}
`;

/** Only this style and this script, by their hashes (CSP 3 §6.6.2.3). */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(TICKER_SCRIPT)}'`,
  "connect-src 'self'",
  "img-src data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function sendPage(req: Request, res: Response, page: { title: string; body: Html; status?: number }): void {
  const { title, body, status = 200 } = page;
  res
    .status(status)
    .set({ "content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "private, no-store" })
    .type("html")
    .send(layout({ title, body, path: req.path, user: shopUserIn(req) }));
}

function layout(page: { title: string; body: Html; path: string; user: ShopUser | undefined }): string {
  const { title, body, path, user } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${SHOP_NAME}</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body>
<header class="bar"><div>
<a class="brand" href="/">${SHOP_NAME}</a>
<nav aria-label="Shop">${navigation(path, user)}</nav>
<div class="who">${user === undefined ? loginLink(path) : logoutForm(user)}</div>
</div></header>
<main>
<h1>${title}</h1>
${body}
</main>
<footer>${SHOP_NAME} · <strong>served by modern</strong></footer>
<script>${new Html(TICKER_SCRIPT)}</script>
</body>
</html>
`.markup;
}

function navigation(path: string, user: ShopUser | undefined): Html[] {
  const isAdmin = user?.roles.includes("admin") === true;
  return [...NAVIGATION, ...(isAdmin ? [["/admin", "Admin"] as const] : [])].map(
    ([target, label]) => html`<a href="${target}"${target === path && html` aria-current="page"`}>${label}</a>`,
  );
}

function loginLink(path: string): Html {
  return html`<a href="/login?next=${encodeURIComponent(path)}">Log in</a>`;
}

function logoutForm(user: ShopUser): Html {
  return html`<span>Hello, <strong>${user.name}</strong></span>
<form method="post" action="/logout"><button type="submit">Log out</button></form>`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
