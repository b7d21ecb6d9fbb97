import * as fc from "fast-check";
import { expect, it } from "vitest";
import { closest } from "./closest.ts";

it("finds typing errors: a missing, extra, wrong or swapped letter", () => {
  const words = ["getblock", "getbalance", "uptime"];
  expect(closest("getblok", words)).toBe("getblock");
  expect(closest("getballance", words)).toBe("getbalance");
  expect(closest("uptmie", words)).toBe("uptime");
  expect(closest("GETBLOCK", words)).toBe("getblock");
});

it("suggests nothing for what is far from everything", () => {
  expect(closest("stop", ["getblock", "uptime"])).toBeUndefined();
  expect(closest("x".repeat(100_000), ["x"])).toBeUndefined();
});

it("finds every candidate by itself", () => {
  const names = fc.string({ minLength: 1, maxLength: 20 });
  fc.assert(fc.property(names, (name) => closest(name, [name]) === name));
});
