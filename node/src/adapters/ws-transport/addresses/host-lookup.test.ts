import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import { limitedLookup } from "./host-lookup.ts";

describe("host lookup", () => {
  it("asks for two names at a time, in order, and answers each with its own", async () => {
    const asked: { readonly name: string; readonly answer: () => void }[] = [];
    const slow: LookupFunction = (name, _, callback) => {
      asked.push({ name, answer: () => callback(null, `ip of ${name}`, 4) });
    };
    const lookup = limitedLookup(slow);
    const answers: unknown[] = [];
    for (const name of ["a", "b", "c", "d"]) {
      lookup(name, {}, (_, address) => answers.push(address));
    }
    expect(asked.map(({ name }) => name)).toEqual(["a", "b"]);
    asked[1]?.answer();
    expect(asked.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    for (const number of [0, 2, 3]) asked[number]?.answer();
    expect(answers).toEqual(["ip of b", "ip of a", "ip of c", "ip of d"]);
  });

  it("refuses when too many wait, as a busy name server does", async () => {
    const lookup = limitedLookup(() => {});
    for (let i = 0; i < 66; i++) lookup("x", {}, () => {});
    const code = await new Promise((resolve) => {
      lookup("y", {}, (error) => resolve(error?.code));
    });
    expect(code).toBe("EAI_AGAIN");
  });

  it("resolves a real name", async () => {
    const address = await new Promise((resolve) => {
      limitedLookup()("localhost", { family: 4 }, (_, found) => resolve(found));
    });
    expect(address).toBe("127.0.0.1");
  });
});
