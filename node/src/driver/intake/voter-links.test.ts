import { describe, expect, it } from "vitest";
import type { Peer } from "../../ports.ts";
import type { ValidatorSet } from "../../types/chain.ts";
import { VoterLinks } from "./voter-links.ts";

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const validator = (byte: number) => ({ publicKey: key(100 + byte), nodeKey: key(byte), power: 1 });
const peer = (byte: number): Peer => ({
  id: `p${byte}`,
  nodeKey: key(byte),
  role: "validator",
  address: `p${byte}`,
  outbound: false,
  connectedAtMs: 0,
  version: 2,
});

describe("VoterLinks", () => {
  it("takes the validators of the height in progress and of the next one, and nobody else", () => {
    const [a, b, c, d] = [1, 2, 3, 4].map(peer) as [Peer, Peer, Peer, Peer];
    const sets = new Map<number, ValidatorSet>([
      [8, [validator(1), validator(2)]],
      [9, [validator(2), validator(3)]],
      [10, [validator(3)]],
    ]);
    const setAt = (height: number): ValidatorSet => sets.get(height) ?? [];
    const chain = {
      head: { height: 7 },
      get validators() {
        return setAt(this.head.height + 1);
      },
      validatorsAt: setAt,
    };
    const links = new VoterLinks(chain as unknown as ConstructorParameters<typeof VoterLinks>[0]);
    expect([a, b, c, d].map((each) => links.has(each))).toEqual([true, true, true, false]);
    // The next height begins: 1 was ejected before and goes, 2 has just been.
    chain.head.height = 8;
    expect([a, b, c, d].map((each) => links.has(each))).toEqual([false, true, true, false]);
  });
});
