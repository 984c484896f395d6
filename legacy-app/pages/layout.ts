import { type Html, html } from "../../demo/html.ts";
import { SHOP_NAME, type ShopUser } from "../../demo/shop-data.ts";
import { STYLE } from "./style.ts";

export interface Page {
  readonly title: string;
  /** The path of the page, to mark it in the navigation and to come back to after login. */
  readonly path: string;
  /** undefined: nobody is logged in. `unknown`: the session cannot be read, which is not the same. */
  readonly user: ShopUser | undefined | "unknown";
  readonly body: Html;
}

const NAVIGATION: readonly (readonly [path: string, label: string])[] = [
  ["/", "Home"],
  ["/catalog", "Catalogue"],
  ["/cart", "Basket"],
  ["/orders", "My orders"],
  ["/account", "My account"],
  ["/upload", "Send us a picture"],
];

/** Says on every page which side answers the page's own JSON call, so that the flag `me-modern` can be seen in a browser. */
const API_LINE = html`<script>
fetch("/api/me", { headers: { accept: "application/json" } })
  .then(function (answer) { if (!answer.ok) throw answer.status; return answer.json(); })
  .then(function (me) {
    document.getElementById("api-line").textContent =
      "The page's own call to /api/me was answered by " + me.servedBy + (me.user ? " for " + me.user.name : " for a visitor") + ".";
  })
  .catch(function () {});
</script>`;

export function layout({ title, path, user, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - ${SHOP_NAME}</title>
<link rel="icon" href="data:,">
${STYLE}
</head>
<body>
<div class="sheet">
<header>
<p class="name"><a href="/">${SHOP_NAME}</a></p>
<p>Fine kettles and teas by post since 1987 &middot; on the Internet since 2009</p>
</header>
<nav aria-label="Shop"><ul>${navigation(path, user)}</ul></nav>
<div class="who">${visitorLine(path, user)}</div>
<main>
<h1>${title}</h1>
${body}
</main>
<footer>&copy; 2009 ${SHOP_NAME} &middot; Best viewed at 1024 &times; 768 &middot; <strong>served by legacy</strong><br>
<span id="api-line"></span></footer>
</div>
${API_LINE}
</body>
</html>
`.markup;
}

function navigation(path: string, user: Page["user"]): Html[] {
  const isAdmin = user !== undefined && user !== "unknown" && user.roles.includes("admin");
  return [...NAVIGATION, ...(isAdmin ? [["/admin", "Administration"] as const] : [])].map(
    ([target, label]) =>
      html`<li><a href="${target}"${target === path && html` aria-current="page"`}>${label}</a></li>`,
  );
}

function visitorLine(path: string, user: Page["user"]): Html {
  if (user === "unknown") return html`We cannot see just now who you are.`;
  return user === undefined ? loginLink(path) : logoutForm(user);
}

function loginLink(path: string): Html {
  const target = path === "/login" ? "/orders" : path;
  return html`You are not logged in. <a href="/login?next=${encodeURIComponent(target)}">Log in</a>`;
}

function logoutForm(user: ShopUser): Html {
  return html`Welcome back, <strong>${user.name}</strong> (${user.roles.join(", ")}) &middot;
<form method="post" action="/logout"><button class="plain" type="submit">Log out</button></form>`;
}
