import { describe, expect, it } from "vitest";
import { toHex } from "./codec/hex.ts";
import { addressOf } from "./crypto/address.ts";
import { publicKeyOf } from "./crypto/pure-keys.ts";
import {
  formatGenesis,
  type GenesisFile,
  genesisHashOf,
  genesisValidatorOf,
  parseGenesis,
  validatorSetOf,
} from "./genesis.ts";

const CHAIN_ID = "golden-1";
const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const address = (byte: number): string => addressOf(publicKeyOf(seed(byte)), "testnet");

const MEMBERS = [1, 2, 3, 4].map((i) =>
  genesisValidatorOf(CHAIN_ID, `v-${i}`, { validatorSeed: seed(i), nodeSeed: seed(100 + i) }),
);

const FILE: GenesisFile = {
  chainId: CHAIN_ID,
  profile: "Testnet",
  nonce: "07".repeat(32),
  timeMs: 1_764_547_200_000,
  validators: MEMBERS,
  allocations: [
    { address: address(201), amount: "1000000" },
    { address: address(202), amount: "0.00000001" },
  ],
};

const PROPOSAL = { profile: "Mainnet", parameters: { faultInjection: true } } as const;

function parsed(file: GenesisFile = FILE) {
  const result = parseGenesis(file);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

const reasonOf = (input: unknown): string => {
  const result = parseGenesis(input);
  return result.ok ? "accepted" : result.reason;
};

const member = (i: number) => MEMBERS[i] as (typeof MEMBERS)[number];

describe("parseGenesis", () => {
  it("fills in the defaults of the rules", () => {
    expect(parsed().parameters).toEqual({
      minBlockMs: 50,
      emptyBlockIntervalMs: 1000,
      maxBlockBytes: 1024 * 1024,
      maxEvidenceAgeBlocks: 120_960,
      maxBlockTxs: 5000,
      minFee: 1000n,
      feePermille: 1,
      dust: 546n,
      precisionMs: 500,
      messageDelayMs: 2000,
      faultInjection: false,
    });
  });

  it("paces more than 31 validators at a block a second", () => {
    const validators = Array.from({ length: 32 }, (_, i) =>
      genesisValidatorOf(CHAIN_ID, `v-${i}`, {
        validatorSeed: seed(i + 1),
        nodeSeed: seed(i + 65),
      }),
    );
    expect(parsed({ ...FILE, validators }).parameters.minBlockMs).toBe(1000);
    expect(parsed({ ...FILE, validators: validators.slice(1) }).parameters.minBlockMs).toBe(50);
  });

  it("reads back what formatGenesis writes, from text", () => {
    const genesis = parsed();
    const again = parseGenesis(formatGenesis(genesis));
    expect(again).toEqual({ ok: true, value: genesis });
  });

  it("takes allocations as exact satoshi", () => {
    expect(parsed().allocations.map(({ amount }) => amount)).toEqual([100_000_000_000_000n, 1n]);
  });

  it.each<[string, unknown, string]>([
    ["no JSON", "{", "genesis: not JSON"],
    ["no object", "7", "genesis: "],
    ["an unknown field", { ...FILE, extra: 1 }, "extra"],
    ["an unknown parameter", { ...FILE, parameters: { minfee: 1 } }, "parameters: "],
    ["a chain id with capitals", { ...FILE, chainId: "Demo" }, "chainId: must be"],
    ["a long chain id", { ...FILE, chainId: "a".repeat(49) }, "chainId: must be"],
    ["a short nonce", { ...FILE, nonce: "07" }, "nonce: must be 64"],
    ["no validator", { ...FILE, validators: [] }, "validators: "],
    ["faults on mainnet", { ...FILE, ...PROPOSAL }, "parameters.faultInjection: never on Mainnet"],
    [
      "heartbeats faster than blocks",
      { ...FILE, parameters: { minBlockMs: 2000 } },
      "parameters.emptyBlockIntervalMs: is below minBlockMs (2000)",
    ],
    [
      "a mainnet address on a testnet",
      {
        ...FILE,
        allocations: [{ address: addressOf(publicKeyOf(seed(9)), "mainnet"), amount: "1" }],
      },
      "allocations[0].address: ",
    ],
    [
      "a ninth decimal",
      { ...FILE, allocations: [{ address: address(9), amount: "0.000000001" }] },
      "allocations[0].amount: ",
    ],
    [
      "an allocation of nothing",
      { ...FILE, allocations: [{ address: address(9), amount: "0" }] },
      "allocations[0].amount: is zero",
    ],
    [
      "more coins than 64 bits hold",
      {
        ...FILE,
        allocations: [
          { address: address(8), amount: "184467440737" },
          { address: address(9), amount: "1" },
        ],
      },
      "allocations: the sum is more than",
    ],
    [
      "a name twice",
      { ...FILE, validators: [member(0), { ...member(1), name: member(0).name }] },
      'validators[1].name: "v-1" occurs twice',
    ],
    [
      "a key twice",
      { ...FILE, validators: [member(0), { ...member(0), name: "other" }] },
      "validators[1].publicKey: this key occurs twice",
    ],
    [
      "a node key that is a validator key",
      { ...FILE, validators: [member(0), { ...member(1), nodeKey: member(0).publicKey }] },
      "validators[1].nodeKey: this key occurs twice",
    ],
    [
      "a proof of another member",
      { ...FILE, validators: [{ ...member(0), possession: member(1).possession }] },
      "validators[0].possession: ",
    ],
    [
      "the two proofs swapped",
      {
        ...FILE,
        validators: [
          {
            ...member(0),
            possession: member(0).nodePossession,
            nodePossession: member(0).possession,
          },
        ],
      },
      "validators[0].possession: ",
    ],
    ["proofs for another chain", { ...FILE, chainId: "other-1" }, "validators[0].possession: "],
  ])("refuses %s", (_, input, reason) => {
    expect(reasonOf(input)).toContain(reason);
  });

  it("names at most five faults, and says how many more there are", () => {
    const allocations = Array.from({ length: 9 }, () => ({ address: "x", amount: "1" }));
    const reason = reasonOf({ ...FILE, allocations });
    expect(reason.match(/allocations\[/g)).toHaveLength(5);
    expect(reason).toContain("and 4 more");
  });
});

describe("genesisHashOf", () => {
  it("has a golden value", () => {
    expect(toHex(genesisHashOf(parsed()))).toBe(
      "72153bafbb7faed83d0f3bc6e7c5ab4e9db6ee9a5c87adb4e7c7adc467960941",
    );
  });

  it("differs for any field", () => {
    const proofsFor = (chainId: string) =>
      [1, 2, 3, 4].map((i) =>
        genesisValidatorOf(chainId, `v-${i}`, { validatorSeed: seed(i), nodeSeed: seed(100 + i) }),
      );
    const renamed = MEMBERS.map((entry, i) => (i === 0 ? { ...entry, name: "renamed" } : entry));
    const others: GenesisFile[] = [
      FILE,
      { ...FILE, chainId: "golden-2", validators: proofsFor("golden-2") },
      { ...FILE, profile: "Devnet" },
      { ...FILE, nonce: "08".repeat(32) },
      { ...FILE, timeMs: FILE.timeMs + 1 },
      { ...FILE, parameters: { minBlockMs: 51 } },
      { ...FILE, parameters: { emptyBlockIntervalMs: 1001 } },
      { ...FILE, parameters: { maxBlockBytes: 1024 * 1024 - 1 } },
      { ...FILE, parameters: { maxBlockTxs: 4999 } },
      { ...FILE, parameters: { minFee: "1001" } },
      { ...FILE, parameters: { feePermille: 2 } },
      { ...FILE, parameters: { dust: 547 } },
      { ...FILE, parameters: { precisionMs: 501 } },
      { ...FILE, parameters: { messageDelayMs: 2001 } },
      { ...FILE, parameters: { faultInjection: true } },
      { ...FILE, validators: renamed },
      { ...FILE, validators: MEMBERS.toReversed() },
      { ...FILE, allocations: FILE.allocations.toReversed() },
      { ...FILE, allocations: FILE.allocations.slice(1) },
    ];
    const hashes = others.map((file) => toHex(genesisHashOf(parsed(file))));
    expect(new Set(hashes).size).toBe(others.length);
  });

  it("is the same where a default is written out", () => {
    const spelt = { ...FILE, parameters: { dust: "546", minFee: 1000, minBlockMs: 50 } };
    expect(genesisHashOf(parsed(spelt))).toEqual(genesisHashOf(parsed()));
  });
});

describe("validatorSetOf", () => {
  it("sorts by public key, whatever the file's order, one unit of power each", () => {
    const set = validatorSetOf(parsed());
    const keys = set.map(({ publicKey }) => toHex(publicKey));
    expect(keys).toEqual(keys.toSorted());
    expect(set.map(({ power }) => power)).toEqual([1, 1, 1, 1]);
    expect(validatorSetOf(parsed({ ...FILE, validators: MEMBERS.toReversed() }))).toEqual(set);
  });
});
