import { expect, it } from "vitest";
import { html } from "../../demo/html.ts";

it("values are escaped, markup is not escaped twice, lists are joined, and nothing is shown for what is not there", () => {
  const inner = html`<b>${`<"&'>`}</b>`;
  expect(html`${inner}|${[html`<i>`, "<"]}|${undefined}${null}${false}|${0}`.markup).toBe(
    "<b>&lt;&quot;&amp;&#39;&gt;</b>|<i>&lt;||0",
  );
});
