import { describe, expect, it } from "vitest";
import { clientAddressOf, compileTrustedProxies } from "../../src/pipeline/client-address.ts";

const trusts = compileTrustedProxies(["10.0.0.0/8", "::1", "2001:db8::/32"]);

describe("the client's address behind trusted proxies", () => {
  it.each([
    ["203.0.113.9, 10.0.0.2", "203.0.113.9"],
    ["198.51.100.66, 203.0.113.9", "203.0.113.9"],
    ["10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["203.0.113.9:51234", "203.0.113.9"],
    ["[2001:db9::7]:443", "2001:db9::7"],
    ["garbage, 203.0.113.9", "203.0.113.9"],
    ["203.0.113.9, garbage", "10.0.0.1"],
    ["", "10.0.0.1"],
  ])("X-Forwarded-For %j names %s", (field, address) => {
    expect(clientAddressOf(["X-Forwarded-For", field], "10.0.0.1", trusts)).toBe(address);
  });

  it("several fields are one list", () => {
    const headers = ["X-Forwarded-For", "203.0.113.9", "x-forwarded-for", "10.0.0.2"];
    expect(clientAddressOf(headers, "10.0.0.1", trusts)).toBe("203.0.113.9");
  });
});

describe("trusted proxies", () => {
  it("are addresses and ranges, of both families, also where IPv4 is written as IPv6", () => {
    for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "::1", "2001:db8:5::1"]) expect(trusts(address)).toBe(true);
    for (const address of ["11.0.0.1", "::2", "", "nonsense"]) expect(trusts(address)).toBe(false);
  });

  it("are nobody by default", () => {
    expect(compileTrustedProxies([])("127.0.0.1")).toBe(false);
  });
});
