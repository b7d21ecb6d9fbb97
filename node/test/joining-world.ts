// A node that joins by snapshot, among peers that answer as the test says.

import { expect } from "vitest";
import { MemoryStore } from "../src/adapters/memory/memory-store.ts";
import { VirtualClock } from "../src/adapters/memory/virtual-clock.ts";
import { decodeFrame, encodeFrame, type Message } from "../src/codec/frames.ts";
import { encodeOutputs } from "../src/codec/output-records.ts";
import { LtHash } from "../src/crypto/lthash.ts";
import type { SnapshotSink } from "../src/driver/state-sync/phase.ts";
import { StateSync } from "../src/driver/state-sync/state-sync.ts";
import { utxoElement } from "../src/ledger/state-root.ts";
import type { Peer, Transport, TransportEvents } from "../src/ports.ts";
import type { CertifiedBlock, Height } from "../src/types/chain.ts";
import type { CodedError } from "../src/types/errors.ts";
import type { ChainHead, StoredBlock, Utxo } from "../src/types/ledger.ts";
import type { SnapshotManifest } from "../src/types/snapshot.ts";
import { GENESIS_HASH, ledgerWorld, outputOf, payAll } from "./ledger-fixtures.ts";
import { RecordedMetrics } from "./recorded-metrics.ts";
import { commit, initialise, nextCommit } from "./store-commits.ts";

export const TOP = 60;
const TAKEN: readonly Height[] = [20, 40];
const KEEP = 5;

/** A chain, and two of its states as snapshots of two outputs a chunk. */
const store = new MemoryStore();
const blocks: CertifiedBlock[] = [];
export const states = new Map<
  Height,
  { head: ChainHead; manifest: SnapshotManifest; chunks: Utxo[][] }
>();

async function makeChain(): Promise<void> {
  await initialise(store);
  const outputs = new Map(ledgerWorld().utxos.map((utxo) => [keyOf(utxo), utxo]));
  let coin = ledgerWorld().utxos[0] as Utxo;
  for (let height = 1; height <= TOP; height++) {
    const paid = payAll([coin], height % 8);
    const change = nextCommit(store, [paid]);
    await commit(store, change);
    coin = outputOf(paid, 0, height);
    blocks.push(change.certified);
    for (const utxo of change.spent) outputs.delete(keyOf(utxo));
    for (const utxo of change.created) outputs.set(keyOf(utxo), utxo);
    if (TAKEN.includes(height)) takeState(change.head, [...outputs.values()]);
  }
}

const keyOf = ({ outPoint }: Utxo): string =>
  Buffer.from(encodeOutputs([{ outPoint, value: 0n, address: new Uint8Array(20), height: 0 }]))
    .subarray(0, 36)
    .toString("hex");

function takeState(head: ChainHead, utxos: Utxo[]): void {
  const sorted = utxos.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const chunks: Utxo[][] = [];
  for (let i = 0; i < sorted.length; i += 2) chunks.push(sorted.slice(i, i + 2));
  const { height, blockHash, feePot, supply, validatorState } = head;
  const manifest: SnapshotManifest = {
    height,
    blockHash,
    feePot,
    supply,
    validatorState,
    chunks: chunks.map((chunk) => {
      const sum = LtHash.empty();
      for (const utxo of chunk) sum.add(utxoElement(utxo));
      return { first: (chunk[0] as Utxo).outPoint, accumulator: sum.toBytes() };
    }),
  };
  states.set(height, { head, manifest, chunks });
}

await makeChain();

/** What a peer says to what it is asked; undefined: nothing. */
export type Answer = (asked: Message) => Message | undefined;

export const honest: Answer = (asked) => {
  if (asked.type === "getSnapshot") {
    const height = TAKEN.filter((one) => one <= asked.maxHeight).at(-1);
    const manifest = height === undefined ? undefined : states.get(height)?.manifest;
    return { type: "snapshot", requestId: asked.requestId, manifest };
  }
  if (asked.type === "getBlocks") {
    const { requestId, fromHeight, count } = asked.request;
    const range = blocks.slice(fromHeight - 1, fromHeight - 1 + count);
    return { type: "blocks", requestId, blocks: range };
  }
  if (asked.type !== "getSnapshotChunk") return undefined;
  const { requestId, height, index } = asked.request;
  const utxos = states.get(height)?.chunks[index] ?? [];
  return { type: "snapshotChunk", requestId, records: encodeOutputs(utxos) };
};

/** As an honest one, but for one kind of message. */
export const butFor =
  <T extends Message["type"]>(
    type: T,
    change: (answer: Extract<Message, { type: T }>) => Message | undefined,
  ): Answer =>
  (asked) => {
    const answer = honest(asked);
    return answer?.type === type ? change(answer as Extract<Message, { type: T }>) : answer;
  };

const DELAY_MS = 20;
const ignore = (): void => {};

/** A joining node and its peers, in virtual time. Each answers 20 ms after it was asked. */
export class JoiningWorld {
  readonly clock = new VirtualClock();
  readonly banned: string[] = [];
  readonly points = new Map<string, number>();
  readonly asked: { readonly peer: string; readonly message: Message }[] = [];
  readonly written: { blocks: StoredBlock[]; utxos: Utxo[]; head: ChainHead | undefined } = {
    blocks: [],
    utxos: [],
    head: undefined,
  };
  outcome: string | CodedError | undefined;
  readonly #answers = new Map<string, Answer>();
  #events: TransportEvents | undefined;
  sync: StateSync;

  constructor(trustHeight: Height, hash?: Uint8Array, keepBlocks = KEEP) {
    const trusted = blocks[trustHeight - 1];
    this.sync = new StateSync({
      clock: this.clock,
      transport: this.#transport(),
      isValidator: ({ id }) => id.startsWith("validator"),
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      metrics: new RecordedMetrics(),
      trust: {
        height: trustHeight,
        hash: hash ?? trusted?.certificate.blockHash ?? GENESIS_HASH,
      },
      keepBlocks,
      sink: this.#sink(),
      done: (outcome) => {
        this.outcome = outcome;
      },
      failed: (error) => {
        this.outcome = error as CodedError;
      },
    });
    this.sync.start();
  }

  /** `claim`: what it says of its chain. */
  join(id: string, answer: Answer, claim = { height: TOP, baseHeight: 1 }, version = 2): void {
    this.#answers.set(id, answer);
    const peer: Peer = {
      id,
      nodeKey: new Uint8Array(32),
      role: "full",
      address: `${id}@host:1`,
      outbound: true,
      connectedAtMs: 0,
      version,
    };
    this.#events?.connected(peer);
    const status = { ...claim, blockHash: new Uint8Array(32) };
    this.say(id, { type: "status", status });
  }

  say(id: string, message: Message): void {
    const peer = { id } as Peer;
    if (this.#answers.has(id)) this.#events?.frame(peer, encodeFrame(message));
  }

  leave(id: string): void {
    if (this.#answers.delete(id)) this.#events?.disconnected({ id } as Peer, "gone");
  }

  /** So long, or until it has ended. */
  run(ms = 60_000): void {
    for (let passed = 0; passed < ms && this.outcome === undefined; passed += 10)
      this.clock.advance(10);
  }

  /** How often a peer was asked for something of this type. */
  count(peer: string, type: Message["type"]): number {
    return this.asked.filter((one) => one.peer === peer && one.message.type === type).length;
  }

  #transport(): Transport {
    return {
      start: (events: TransportEvents) => {
        this.#events = events;
      },
      send: (id: string, frame: Uint8Array) => {
        const message = decodeFrame(frame);
        const answer = this.#answers.get(id)?.(message);
        this.asked.push({ peer: id, message });
        if (answer !== undefined) this.clock.startTimer(DELAY_MS, () => this.say(id, answer));
        return this.#answers.has(id);
      },
      penalise: (id: string, points: number) => {
        this.points.set(id, (this.points.get(id) ?? 0) + points);
      },
      disconnect: (id: string) => {
        this.banned.push(id);
        // The event follows when the caller has returned.
        this.clock.startTimer(0, () => this.leave(id));
      },
    } as unknown as Transport;
  }

  #sink(): SnapshotSink {
    const later = (write: () => void, done: () => void): void => {
      this.clock.startTimer(5, () => {
        write();
        done();
      });
    };
    const { written } = this;
    return {
      reset: (done) =>
        later(() => {
          written.blocks.length = 0;
          written.utxos.length = 0;
        }, done),
      block: (block, done) => later(() => void written.blocks.push(block), done),
      outputs: (utxos, done) => later(() => void written.utxos.push(...utxos), done),
      finish: (head, done) =>
        later(() => {
          written.head = head;
        }, done),
    };
  }
}

/** It has the state of this height, all of it and nothing else. */
export function expectRestored(world: JoiningWorld, height: Height): void {
  expect(world.outcome).toBe("restored");
  const state = states.get(height);
  expect(world.written.head).toEqual(state?.head);
  const byKey = (utxos: readonly Utxo[]) =>
    utxos.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  expect(byKey(world.written.utxos)).toEqual(state?.chunks.flat());
  const heights = world.written.blocks.map(({ certified }) => certified.block.header.height);
  expect(heights).toEqual(Array.from({ length: KEEP }, (_, i) => height - i));
  for (const { certified, blockHash, txids } of world.written.blocks) {
    const at = certified.block.header.height;
    expect(certified).toEqual(blocks[at - 1]);
    expect(store.heightOf(blockHash)).toBe(at);
    expect(txids.map((txid) => store.transaction(txid)?.height)).toEqual([at]);
  }
}
