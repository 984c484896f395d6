import { expect, it } from "vitest";
import { fieldRule } from "../../src/pipeline/owned-fields.ts";

it.each(["X-Figway-Side", "x_figway_side", "X.Figway.Reason", "x-figway-anything"])(
  "%s from outside is dropped",
  (name) => {
    expect(fieldRule(name)).toBe("drop");
  },
);

it.each(["X_Forwarded_For", "X-Forwarded_Host", "x.request.id", "If_None_Match", "X_Forwarded_User"])(
  "%s imitates a field by folding, and is dropped",
  (name) => {
    expect(fieldRule(name)).toBe("drop");
  },
);

it.each(["X-Forwarded-User", "X-Auth-Request-Email", "Forwarded", "Remote-User", "X-Real-IP"])(
  "%s is believed from trusted peers alone",
  (name) => {
    expect(fieldRule(name)).toBe("forwarding");
  },
);

it.each(["Accept", "X-Custom", "x_custom", "X-Requested-With"])("%s passes", (name) => {
  expect(fieldRule(name)).toBe("pass");
});

it("fields that figway sets are replaced, whatever their case", () => {
  for (const name of ["Host", "X-FORWARDED-FOR", "x-forwarded-proto", "X-Request-Id", "TraceParent"])
    expect(fieldRule(name)).toBe("replaced");
});
