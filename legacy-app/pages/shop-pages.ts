import { type Html, html } from "../../demo/html.ts";
import {
  type CustomerRecord,
  findProduct,
  formatCents,
  type Order,
  type OrderLine,
  PRODUCTS,
  SHOP_USERS,
  type ShopUser,
  totalCentsOf,
} from "../../demo/shop-data.ts";

/** The ticker on the home page; each line says which side sent it. */
const TICKER_SCRIPT = html`<script>
(function () {
  var line = document.getElementById("ticker");
  var socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ticker");
  socket.onmessage = function (event) {
    var message = JSON.parse(event.data);
    if (!message.order) return;
    line.textContent = "No. " + message.order.number + ": " + message.order.quantity + " x " + message.order.product + "  [" + message.servedBy +
      (message.user ? ", for " + message.user : "") + "]";
  };
  socket.onclose = function () { line.textContent = "The ticker rests. Reload the page to start it again."; };
})();
</script>`;

export function homePage(): Html {
  return html`<p>Welcome to our shop. Please have a look at our <a href="/catalog">catalogue</a>, fill your
<a href="/cart">basket</a>, or see <a href="/orders">what became of your orders</a>.</p>
<h2>Orders coming in right now</h2>
<div class="ticker" id="ticker" role="status">...</div>
<h2>For our friends with a fast line</h2>
<ul>
<li><a href="/download?mb=5">The whole catalogue for printing</a> (5 MB)</li>
<li><a href="/upload">Send us a picture</a> of your kettle</li>
<li><a href="/events">The order ticker as an event stream</a></li>
</ul>${TICKER_SCRIPT}`;
}

export function cataloguePage(): Html {
  return html`<table><caption>All prices with tax, without postage.</caption>
<tr><th scope="col">Article</th><th scope="col" class="n">Price</th><th scope="col">Order</th></tr>
${PRODUCTS.map(
  (product) => html`<tr><td><strong>${product.name}</strong><br>${product.description}</td>
<td class="n">${formatCents(product.priceCents)}</td>
<td><form method="post" action="/cart"><input type="hidden" name="product" value="${product.id}">
<label for="q-${product.id}">Quantity</label> <input id="q-${product.id}" type="number" name="quantity" value="1" min="1" max="99">
<button type="submit" name="action" value="add">Into the basket</button></form></td></tr>`,
)}</table>`;
}

export function cartPage(lines: readonly OrderLine[]): Html {
  if (lines.length === 0) return html`<p>Your basket is empty. The <a href="/catalog">catalogue</a> is not.</p>`;
  return html`${lineTable(lines, true)}
<form method="post" action="/orders"><button type="submit">Order now</button></form>
<form method="post" action="/cart" style="margin-top:10px"><button class="plain" type="submit" name="action" value="clear">Empty the basket</button></form>`;
}

export function ordersPage(orders: readonly Order[], user: ShopUser): Html {
  if (orders.length === 0) return html`<p>There are no orders yet.</p>`;
  return html`<table><caption>Orders that ${user.name} may see, the newest first.</caption>
<tr><th scope="col">No.</th><th scope="col">Customer</th><th scope="col">Date</th><th scope="col">State</th><th scope="col" class="n">Total</th></tr>
${orders.map(
  (order) => html`<tr><td><a href="/orders/${order.id}">Order ${order.id}</a></td><td>${order.userId}</td>
<td>${order.placedAt.slice(0, 10)}</td><td>${order.status}</td><td class="n">${formatCents(order.totalCents)}</td></tr>`,
)}</table>`;
}

export function orderPage(order: Order): Html {
  return html`<p>Placed by <strong>${order.userId}</strong> on ${order.placedAt.slice(0, 10)}; it is <strong>${order.status}</strong>.</p>
${lineTable(order.lines, false)}
<p><a href="/orders">Back to the list</a></p>`;
}

export function accountPage(user: ShopUser, record: CustomerRecord | undefined): Html {
  return html`<table>
<tr><th scope="row">Name</th><td>${user.name}</td></tr>
<tr><th scope="row">Roles</th><td>${user.roles.join(", ")}</td></tr>
<tr><th scope="row">E-mail</th><td>${record?.email}</td></tr>
<tr><th scope="row">Address</th><td>${record?.address}</td></tr>
<tr><th scope="row">Customer since</th><td>${record?.customerSince}</td></tr>
</table>`;
}

export function adminPage(orders: readonly Order[]): Html {
  const turnover = orders.reduce((sum, order) => sum + order.totalCents, 0);
  return html`<div class="box">${orders.length} orders, turnover ${formatCents(turnover)}</div>
<table><caption>People</caption><tr><th scope="col">Id</th><th scope="col">Roles</th><th scope="col" class="n">Orders</th></tr>
${SHOP_USERS.map(
  (user) => html`<tr><td>${user.id}</td><td>${user.roles.join(", ")}</td>
<td class="n">${orders.filter((order) => order.userId === user.id).length}</td></tr>`,
)}</table>`;
}

function lineTable(lines: readonly OrderLine[], removable: boolean): Html {
  return html`<table><tr><th scope="col">Article</th><th scope="col" class="n">Quantity</th><th scope="col" class="n">Sum</th>${
    removable && html`<th scope="col">Change</th>`
  }</tr>
${lines.map(
  (line) => html`<tr><td>${findProduct(line.productId)?.name}</td><td class="n">${line.quantity}</td>
<td class="n">${formatCents(totalCentsOf([line]))}</td>${removable && html`<td>${removeForm(line)}</td>`}</tr>`,
)}<tr><th scope="row" colspan="2">Total</th><td class="n"><strong>${formatCents(totalCentsOf(lines))}</strong></td>${
    removable && html`<td></td>`
  }</tr></table>`;
}

function removeForm(line: OrderLine): Html {
  const label = `Take ${findProduct(line.productId)?.name ?? line.productId} out`;
  return html`<form method="post" action="/cart"><input type="hidden" name="product" value="${line.productId}">
<button class="plain" type="submit" name="action" value="remove" aria-label="${label}">Take out</button></form>`;
}
