import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { Warnings } from "./warnings.ts";

function world() {
  const clock = new VirtualClock();
  const lines: { level: string; fields: object; text: string }[] = [];
  const at = (level: string) => (fields: object, text: string) =>
    lines.push({ level, fields, text });
  const log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { clock, lines, warnings: new Warnings({ clock, log }) };
}

describe("Warnings", () => {
  it("says three lines a minute of one text and peer, then how many more there were", () => {
    const { clock, lines, warnings } = world();
    for (let i = 0; i < 100; i++) warnings.warn("a", { i }, "bad");
    expect(lines.map(({ fields }) => fields)).toEqual([{ i: 0 }, { i: 1 }, { i: 2 }]);
    warnings.warn("b", { peer: "b" }, "bad");
    warnings.error("a", { peer: "a" }, "bad");
    warnings.warn("a", { peer: "a" }, "worse");
    expect(lines).toHaveLength(6);
    clock.advance(59_000);
    warnings.check();
    expect(lines).toHaveLength(6);
    clock.advance(1_000);
    warnings.check();
    warnings.check();
    expect(lines.slice(6)).toEqual([
      {
        level: "warn",
        fields: { who: "a", unsaid: 97 },
        text: "bad (and more of these in a minute)",
      },
    ]);
    warnings.warn("a", { again: true }, "bad");
    expect(lines.at(-1)?.fields).toEqual({ again: true });
  });

  it("stays within its bound, whatever names a flood has", () => {
    const { clock, lines, warnings } = world();
    for (let i = 0; i < 10_000; i++) warnings.warn(`peer ${i}`, { i }, "bad");
    // A line of each of the first 64, then three of all others.
    expect(lines).toHaveLength(67);
    clock.advance(60_000);
    warnings.check();
    expect(lines.slice(67).map(({ fields }) => fields)).toEqual([
      { who: "others", unsaid: 10_000 - 67 },
    ]);
  });
});
