import { expect, it } from "vitest";
import { compileUserReader } from "../../../src/identity/session/read-user.ts";

const readId = compileUserReader({ subject: "/id", claims: {} });

it("takes a text or a number for an id", () => {
  expect(readId({ id: "u1" })).toEqual({ subject: "u1", claims: {} });
  expect(readId({ id: 0 })).toEqual({ subject: "0", claims: {} });
  expect(readId({ id: -7.5 })).toEqual({ subject: "-7.5", claims: {} });
});

it("takes anything else for nobody", () => {
  for (const id of ["", null, undefined, false, true, {}, [], ["u1"], Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(readId({ id })).toBe("nobody");
  }
  for (const document of [null, 1, "u1", []]) expect(readId(document)).toBe("nobody");
});

it("does not take one user for another because JSON rounded their ids to the same number", () => {
  expect(readId(JSON.parse('{"id":9007199254740993}'))).toBe("ambiguous");
  expect(readId(JSON.parse('{"id":9007199254740991}'))).toEqual({ subject: "9007199254740991", claims: {} });
});

it("lets out the claims of the list, as they are, and none that is missing", () => {
  const read = compileUserReader({
    subject: "/user/id",
    claims: { name: "/user/name", all: "/user/roles", age: "/user/age" },
  });
  const session = { user: { id: "u1", name: null, roles: ["a", { b: 1 }], secret: "s" }, cart: [1] };
  expect(read(session)).toEqual({ subject: "u1", claims: { name: null, all: ["a", { b: 1 }] } });
});

it("believes the subject only where the predicate holds", () => {
  const read = compileUserReader({
    subject: "/id",
    claims: {},
    authenticated: { pointer: "/secondFactor", equals: true },
  });
  expect(read({ id: "u1", secondFactor: true })).toEqual({ subject: "u1", claims: {} });
  for (const secondFactor of [false, "true", 1, null, undefined])
    expect(read({ id: "u1", secondFactor })).toBe("nobody");
});

it("reads passport's sessions, where the user lies at /passport/user", () => {
  const read = compileUserReader({ subject: "/passport/user", claims: {} });
  expect(read({ cookie: {}, passport: { user: "u1" } })).toEqual({ subject: "u1", claims: {} });
  // passport 0.5 leaves the empty object after a logout; 0.7 a new session without it.
  expect(read({ cookie: {}, passport: {} })).toBe("nobody");
  expect(read({ cookie: {} })).toBe("nobody");
});
