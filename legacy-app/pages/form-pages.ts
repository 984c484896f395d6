import { type Html, html } from "../../demo/html.ts";
import { SHOP_USERS, type ShopUser } from "../../demo/shop-data.ts";

export interface LoginPageState {
  readonly next: string;
  readonly user: ShopUser | undefined;
  /** Shown above the form. */
  readonly error: string | undefined;
  readonly username: string;
}

export function loginPage({ next, user, error, username }: LoginPageState): Html {
  return html`${error !== undefined && html`<p class="box error" role="alert">${error}</p>`}
${user !== undefined && html`<p class="box">You are logged in as <strong>${user.name}</strong>. <a href="${next}">Go on</a>, or log in as somebody else.</p>`}
<form class="form" method="post" action="/login">
<input type="hidden" name="next" value="${next}">
<label for="username">User name</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<div><button type="submit">Log in</button></div>
</form>
<p class="box">This is a demonstration. You may be ${SHOP_USERS.map(
    (entry, i) => html`${i > 0 && ", "}<strong>${entry.id}</strong> (${entry.roles.join(", ")})`,
  )}; the password is the name followed by <code>-pw</code>.</p>`;
}

export function uploadPage(): Html {
  return html`<p>Show us your kettle! Pictures of any size are welcome; we count every byte.</p>
<form class="form" method="post" action="/upload" enctype="multipart/form-data">
<label for="picture">Picture</label>
<input id="picture" type="file" name="picture" required>
<div><button type="submit">Send</button></div>
</form>`;
}

export function messagePage(message: string): Html {
  return html`<p class="box error" role="alert">${message}</p><p><a href="/">To the home page</a></p>`;
}
