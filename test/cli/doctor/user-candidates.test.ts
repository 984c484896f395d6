import { expect, it } from "vitest";
import { claimCandidates, subjectCandidates } from "../../../src/cli/doctor/user-candidates.ts";

const pointers = (payload: object, anonymous?: object, username?: string) =>
  subjectCandidates(payload, { anonymous, username }).map(({ pointer }) => pointer);

it.each([
  [{ cookie: { id: "x" }, user: { id: 7, name: "A" } }, "/user/id"],
  [{ passport: { user: "u-1" } }, "/passport/user"],
  [{ passport: { user: { id: "u-1", name: "A" } } }, "/passport/user/id"],
  [{ userId: 7, cart: { id: "c-1" } }, "/userId"],
  [{ account: { id: "a-1" }, csrfToken: "t" }, "/account/id"],
  [{ auth: { claims: { sub: "s-1" } }, state: "x" }, "/auth/claims/sub"],
  [{ "a/b": { "user~id": 1, id: 5 } }, "/a~1b/id"],
])("in %j the user's id seems to lie at %s", (payload, pointer) => {
  expect(pointers(payload)[0]).toBe(pointer);
});

it("what was there before the login is nobody's id", () => {
  expect(pointers({ visitor: { id: "v-1" }, uid: 7 }, { visitor: { id: "v-1" } })).toEqual(["/uid"]);
});

it("what was typed in as the user's name counts for more than the name of a member", () => {
  expect(pointers({ shop: { id: 3 }, login: "alice" }, undefined, "alice")[0]).toBe("/login");
});

it("a session with nothing but a basket and tokens names nobody", () => {
  expect(pointers({ cart: { id: 1 }, csrf: { id: "t" }, theme: "dark", flash: ["hello"] })).toEqual([]);
});

it("claims are found by their common names, the nearest to the top first", () => {
  const payload = {
    user: { displayName: "A", mail: "a@b", groups: ["x"] },
    tenant: { name: "T" },
    cookie: { name: "n" },
  };
  expect(claimCandidates(payload)).toEqual({ name: "/tenant/name", email: "/user/mail", roles: "/user/groups" });
});
