import { describe, expect, it } from "vitest";
import { FakeNode } from "../../test/fake-node-facts.ts";
import { keptFrom, storedBlock } from "./stored-block.ts";

describe("storedBlock", () => {
  it("tells a block that is lost from one that does not exist", () => {
    const node = new FakeNode();
    node.commit([]);
    const { facts, blocks } = node;
    const head = facts.head().height;
    const withHole = { ...facts, store: { ...facts.store, block: () => undefined } };
    expect(storedBlock(facts, head)).toBe(blocks[head - 1]);
    expect(storedBlock(withHole, head + 1)).toBeUndefined();
    expect(() => storedBlock(withHole, head)).toThrow(`disk has lost block ${head}`);
  });

  it("says from where on blocks are kept, where not all are", () => {
    const node = new FakeNode();
    node.commit([]);
    node.commit([]);
    const { facts } = node;
    const pruned = { ...facts, store: { ...facts.store, base: () => 2 } };
    expect(() => storedBlock(pruned, 1)).toThrow("keeps blocks from height 2 on");
    expect(storedBlock(pruned, 2)).toBeDefined();
    expect([keptFrom(facts), keptFrom(pruned)]).toEqual([
      "",
      "; this node keeps blocks from height 2 on",
    ]);
  });
});
