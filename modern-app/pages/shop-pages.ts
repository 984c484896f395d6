import { type Html, html } from "../../demo/html.ts";
import {
  type CustomerRecord,
  findProduct,
  formatCents,
  type Order,
  PRODUCTS,
  SHOP_USERS,
  type ShopUser,
  totalCentsOf,
} from "../../demo/shop-data.ts";

export function cataloguePage(): Html {
  return html`<ul class="grid">
${PRODUCTS.map(
  (product) => html`<li><h2>${product.name}</h2><p>${product.description}</p>
<form method="post" action="/cart"><input type="hidden" name="product" value="${product.id}"><input type="hidden" name="quantity" value="1">
<strong>${formatCents(product.priceCents)}</strong>
<button class="primary" type="submit" name="action" value="add" aria-label="Add ${product.name} to cart">Add to cart</button></form></li>`,
)}</ul>`;
}

export function ordersPage(orders: readonly Order[]): Html {
  return html`<div class="card"><table>
<tr><th scope="col">Order</th><th scope="col">Customer</th><th scope="col">Placed</th><th scope="col">Status</th><th scope="col" class="n">Total</th></tr>
${orders.map(
  (order) => html`<tr><td><a href="/orders/${order.id}">Order ${order.id}</a></td><td>${order.userId}</td>
<td>${order.placedAt.slice(0, 10)}</td><td><span class="state">${order.status}</span></td><td class="n">${formatCents(order.totalCents)}</td></tr>`,
)}</table></div>
<div class="card text"><p>Ordered just now: <span id="ticker" role="status">connecting…</span></p></div>`;
}

export function orderPage(order: Order): Html {
  return html`<div class="card text"><p>Placed by <strong>${order.userId}</strong> on ${order.placedAt.slice(0, 10)}
<span class="state">${order.status}</span></p></div>
<div class="card"><table>
<tr><th scope="col">Item</th><th scope="col" class="n">Quantity</th><th scope="col" class="n">Amount</th></tr>
${order.lines.map(
  (line) => html`<tr><td>${findProduct(line.productId)?.name}</td><td class="n">${line.quantity}</td>
<td class="n">${formatCents(totalCentsOf([line]))}</td></tr>`,
)}<tr><th scope="row" colspan="2">Total</th><td class="n"><strong>${formatCents(order.totalCents)}</strong></td></tr>
</table></div>
<p><a href="/orders">All orders</a></p>`;
}

export function accountPage(user: ShopUser, record: CustomerRecord | undefined): Html {
  return html`<div class="card"><table>
<tr><th scope="row">Name</th><td>${user.name}</td></tr>
<tr><th scope="row">Roles</th><td>${user.roles.join(", ")}</td></tr>
<tr><th scope="row">Email</th><td>${record?.email}</td></tr>
<tr><th scope="row">Address</th><td>${record?.address}</td></tr>
<tr><th scope="row">Customer since</th><td>${record?.customerSince}</td></tr>
</table></div>`;
}

export function adminPage(orders: readonly Order[]): Html {
  return html`<div class="card text"><p>${orders.length} orders, revenue
<strong>${formatCents(orders.reduce((sum, order) => sum + order.totalCents, 0))}</strong></p></div>
<div class="card"><table>
<tr><th scope="col">User</th><th scope="col">Roles</th><th scope="col" class="n">Orders</th></tr>
${SHOP_USERS.map(
  (user) => html`<tr><td>${user.id}</td><td>${user.roles.join(", ")}</td>
<td class="n">${orders.filter((order) => order.userId === user.id).length}</td></tr>`,
)}</table></div>`;
}

export function homePage(): Html {
  return html`<div class="card text"><p>The new shop. Browse the <a href="/catalog">catalogue</a>, or see <a href="/orders">your orders</a>.</p>
<p>Ordered just now: <span id="ticker" role="status">connecting…</span></p></div>`;
}

export function messagePage(message: string): Html {
  return html`<div class="card text"><p>${message}</p><p><a href="/">Home</a></p></div>`;
}
