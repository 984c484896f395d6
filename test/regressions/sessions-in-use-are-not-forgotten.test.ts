import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { SessionNames } from "../../src/identity/session/session-names.ts";

const SECRET = "a secret";

function cookieValue(id: string): string {
  return `s:${id}.${createHmac("sha256", SECRET).update(id).digest("base64").replace(/=+$/, "")}`;
}

it("a session in use can be prolonged and watched, however many others came since it was first seen", () => {
  const names = new SessionNames({ secrets: [SECRET], prefix: "sess:", handleKey: Buffer.alloc(32), max: 10 });
  const handle = names.named(cookieValue("in use"))?.handle ?? "";
  for (let i = 0; i < 100; i++) {
    names.named(cookieValue(`another ${i}`));
    expect(names.named(cookieValue("in use"))?.handle).toBe(handle);
  }
  expect(names.withHandle(handle)?.id).toBe("in use");
});
