import { beforeAll, describe, expect, it } from "vitest";
import { ledgerWorld } from "../../test/ledger-fixtures.ts";
import { HEADER } from "../../test/sample-messages.ts";
import { blockHashOf } from "../crypto/ids.ts";
import { LtHash } from "../crypto/lthash.ts";
import type { BlockHeader } from "../types/chain.ts";
import type { ChainHead, Utxo } from "../types/ledger.ts";
import { MAX_CHUNK_OUTPUTS } from "../types/limits.ts";
import type { SnapshotChunk, SnapshotManifest } from "../types/snapshot.ts";
import { headOfSnapshot, ManifestSums, refuseChunk } from "./snapshot.ts";
import { stateRootOf, utxoElement } from "./state-root.ts";

const EXTRA = 100;
const { validatorState } = ledgerWorld().head;

/** `count` outputs in the order of outpoints: two of each transaction. */
const outputs = Array.from({ length: 2 * MAX_CHUNK_OUTPUTS + EXTRA }, (_, i): Utxo => {
  const txid = new Uint8Array(32);
  new DataView(txid.buffer).setUint32(0, i >> 1);
  return {
    outPoint: { txid, index: i & 1 },
    value: BigInt(i + 1),
    address: new Uint8Array(20).fill(i),
    height: i % 100,
  };
});

let head: ChainHead;
let header: BlockHeader;
let manifest: SnapshotManifest;
const chunkOf = (index: number): Utxo[] =>
  outputs.slice(index * MAX_CHUNK_OUTPUTS, (index + 1) * MAX_CHUNK_OUTPUTS);

beforeAll(() => {
  const sum = LtHash.empty();
  for (const utxo of outputs) sum.add(utxoElement(utxo));
  const coins = { feePot: 77n, supply: outputs.reduce((all, { value }) => all + value, 0n) };
  const stateRoot = stateRootOf(sum, coins, validatorState);
  header = { ...HEADER, stateRoot };
  const { height, timestampMs } = header;
  head = {
    height,
    blockHash: blockHashOf(header),
    timestampMs,
    stateRoot,
    utxoAccumulator: sum.toBytes(),
    ...coins,
    validatorState,
  };
  const sums = new ManifestSums(head);
  for (const utxo of outputs) sums.add(utxo);
  const made = sums.manifest();
  if (!made.ok) throw new Error(made.reason);
  manifest = made.value;
});

describe("a manifest", () => {
  it("cuts the outputs into chunks, and gives the head back from the header alone", () => {
    expect(manifest.chunks.map(({ first }) => first)).toEqual(
      [0, 1, 2].map((index) => chunkOf(index)[0]?.outPoint),
    );
    expect(headOfSnapshot(manifest, header)).toEqual({ ok: true, value: head });
  });

  it("of other outputs than the head's is not made", () => {
    const sums = new ManifestSums(head);
    for (const utxo of outputs.slice(1)) sums.add(utxo);
    expect(sums.manifest()).toMatchObject({ ok: false, code: "STORE_CORRUPT" });
  });

  it("of no outputs has no chunk", () => {
    const empty = { ...head, utxoAccumulator: LtHash.empty().toBytes() };
    expect(new ManifestSums(empty).manifest()).toMatchObject({ ok: true, value: { chunks: [] } });
  });

  it("of more chunks than fit into a frame is not made", () => {
    const sums = (most: number) => {
      const made = new ManifestSums(head, most);
      for (const utxo of outputs) made.add(utxo);
      return made.manifest();
    };
    expect(sums(3).ok).toBe(true);
    expect(sums(2)).toMatchObject({
      code: "SNAPSHOT_TOO_LARGE",
      reason: expect.stringContaining(`${2 * MAX_CHUNK_OUTPUTS} unspent outputs`),
    });
  });

  it("with two chunks that begin alike is false, whatever their sums", () => {
    const [a, ...rest] = manifest.chunks as [SnapshotChunk, ...SnapshotChunk[]];
    const [less, one] = [LtHash.fromBytes(a.accumulator), LtHash.empty()];
    less.remove(utxoElement(outputs[0] as Utxo));
    one.add(utxoElement(outputs[0] as Utxo));
    const split = [less, one].map((sum) => ({ first: a.first, accumulator: sum.toBytes() }));
    expect(headOfSnapshot({ ...manifest, chunks: [...split, ...rest] }, header).ok).toBe(false);
  });

  const flipped = (bytes: Uint8Array, at = 0): Uint8Array => {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    return changed;
  };
  const changedChunk = (change: (bytes: Uint8Array) => Uint8Array) => () => ({
    chunks: manifest.chunks.map((chunk, i) =>
      i === 1 ? { ...chunk, accumulator: change(chunk.accumulator) } : chunk,
    ),
  });

  it.each([
    ["height", () => ({ height: manifest.height + 1 })],
    ["block", () => ({ blockHash: flipped(manifest.blockHash) })],
    ["fee pot", () => ({ feePot: manifest.feePot + 1n })],
    ["supply", () => ({ supply: manifest.supply - 1n })],
    ["validators", () => ({ validatorState: { ...validatorState, nextValidators: [] } })],
    ["leaders", () => ({ validatorState: { ...validatorState, epochSeed: new Uint8Array(32) } })],
    ["sum of a chunk", changedChunk((bytes) => flipped(bytes))],
    ["last lane of a chunk", changedChunk((bytes) => flipped(bytes, 2_047))],
    ["number of chunks", () => ({ chunks: manifest.chunks.slice(1) })],
    ["order of chunks", () => ({ chunks: manifest.chunks.toReversed() })],
    ["chunk that is there twice", () => ({ chunks: [...manifest.chunks, ...manifest.chunks] })],
  ])("with another %s is false", (_, change) => {
    expect(headOfSnapshot({ ...manifest, ...change() }, header)).toMatchObject({
      ok: false,
      code: "SNAPSHOT_FALSE",
    });
  });

  it("whose sums are shifted from one chunk to another is true, and its chunks never come", () => {
    const [a, b, c] = manifest.chunks;
    if (a === undefined || b === undefined || c === undefined) throw new Error("three chunks");
    const one = utxoElement(outputs[0] as Utxo);
    const [less, more] = [LtHash.fromBytes(a.accumulator), LtHash.fromBytes(b.accumulator)];
    less.remove(one);
    more.add(one);
    const chunks = [
      { ...a, accumulator: less.toBytes() },
      { ...b, accumulator: more.toBytes() },
      c,
    ];
    expect(headOfSnapshot({ ...manifest, chunks }, header).ok).toBe(true);
    expect(refuseChunk({ chunks }, 0, chunkOf(0))).toBeDefined();
    expect(refuseChunk({ chunks }, 0, chunkOf(0).slice(1))).toBeDefined();
    expect(refuseChunk({ chunks }, 1, [outputs[0] as Utxo, ...chunkOf(1)])).toBeDefined();
  });
});

describe("a chunk", () => {
  it("is taken as it is, the last one too", () => {
    for (const index of [0, 1, 2])
      expect(refuseChunk(manifest, index, chunkOf(index))).toBeUndefined();
    expect(chunkOf(2)).toHaveLength(EXTRA);
  });

  const swapped = (utxos: Utxo[]): Utxo[] => {
    const [first, second, ...rest] = utxos as [Utxo, Utxo, ...Utxo[]];
    return [second, first, ...rest];
  };
  it.each([
    ["with an output less", (utxos: Utxo[]) => utxos.slice(0, -1)],
    ["with an output more", (utxos: Utxo[]) => [...utxos, outputs.at(-1) as Utxo]],
    ["with an output twice", (utxos: Utxo[]) => [utxos[0] as Utxo, ...utxos]],
    ["in another order", swapped],
    ["of nothing", () => []],
    ["that is another one", () => chunkOf(0)],
    ["with another value", (utxos: Utxo[]) => utxos.map((u, i) => (i ? u : { ...u, value: 9n }))],
    ["with another height", (utxos: Utxo[]) => utxos.map((u, i) => (i ? u : { ...u, height: 7 }))],
    [
      "with another address",
      (utxos: Utxo[]) =>
        utxos.map((u, i) => (i ? u : { ...u, address: new Uint8Array(20).fill(0xee) })),
    ],
  ])("%s is refused", (_, change) => {
    expect(refuseChunk(manifest, 1, change(chunkOf(1)))).toBeDefined();
  });

  /** A chunk whose sum is that of these outputs. */
  const summing = (utxos: readonly Utxo[]): SnapshotChunk => {
    const sum = LtHash.empty();
    for (const utxo of utxos) sum.add(utxoElement(utxo));
    return { first: (utxos[0] as Utxo).outPoint, accumulator: sum.toBytes() };
  };

  it("with two outputs of one transaction in another order is refused", () => {
    const [a, b, c, d] = outputs as [Utxo, Utxo, Utxo, Utxo];
    const chunks = [summing([a, b, c, d])];
    expect(refuseChunk({ chunks }, 0, [a, b, c, d])).toBeUndefined();
    expect(refuseChunk({ chunks }, 0, [a, b, d, c])).toContain("order");
  });

  it("with an output that counts twice, here or in the next one, is refused whatever the sums", () => {
    const [a, b, c] = outputs as [Utxo, Utxo, Utxo];
    expect(refuseChunk({ chunks: [summing([a, b, b])] }, 0, [a, b, b])).toContain("order");
    const chunks = [summing([a, b, c]), summing([c])];
    expect(refuseChunk({ chunks }, 0, [a, b, c])).toContain("order");
  });

  it("that does not exist is refused", () => {
    expect(refuseChunk(manifest, 3, [])).toBe("there is no chunk 3");
  });
});
