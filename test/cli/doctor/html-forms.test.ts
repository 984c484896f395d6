import { expect, it } from "vitest";
import { credentialFields, htmlForms, loginFormOf, presetFields } from "../../../src/cli/doctor/html-forms.ts";

const PAGE = `<form action="/search"><input name="q" type="search"></form>
<FORM METHOD=post action='/sessions?next=/a&amp;b'>
  <input type="hidden" name="_csrf" value="a&quot;b&#x21;&#33;">
  <input type="checkbox" name="keep" value="1" checked><input type="checkbox" name="public" value="1">
  <input name="shop" value="north"><input id="x" name="who" autocomplete="section-a username">
  <input type="password" name="pw" placeholder="a > b"><input type="submit" name="go" value="Go">
</FORM>`;

it("the login form is the one that asks for a password, and its hidden fields go back as they came", () => {
  const form = loginFormOf(PAGE);
  expect(form).toMatchObject({ method: "POST", action: "/sessions?next=/a&b" });
  expect(form && presetFields(form)).toEqual([
    ["_csrf", 'a"b!!'],
    ["keep", "1"],
  ]);
});

it("the user's field is told by its autocomplete, then by its name, then by its place", () => {
  const fieldsOf = (inputs: string) => {
    const [form] = htmlForms(`<form>${inputs}<input type=password name=p></form>`);
    return form && credentialFields(form);
  };
  expect(credentialFields(loginFormOf(PAGE) as never)).toEqual({ user: "who", password: "pw" });
  expect(fieldsOf('<input name="shop"><input name="email" type=email>')).toEqual({ user: "email", password: "p" });
  expect(fieldsOf('<input name="a"><input name="b">')).toEqual({ user: "a", password: "p" });
  expect(fieldsOf("")).toBeUndefined();
});
