// Whole nodes on one virtual clock and one network in memory: validators and full nodes with real keys
// and signatures, links that can be cut, and peers that do what they like. A run is a function of its
// options, so a failing test fails again. Used by node/src/driver/*.test.ts and the daemon's tests.

import { MemoryHub } from "../src/adapters/memory/memory-hub.ts";
import { MemoryTransport } from "../src/adapters/memory/memory-transport.ts";
import { VirtualClock } from "../src/adapters/memory/virtual-clock.ts";
import { decodeFrame, encodeFrame, type Message } from "../src/codec/frames.ts";
import { toHex } from "../src/codec/hex.ts";
import { proposalSignBytes, txSignBytes, voteSignBytes } from "../src/codec/sign-bytes.ts";
import { leaderOf } from "../src/consensus/proposer.ts";
import { blockHashOf, txidOf } from "../src/crypto/ids.ts";
import { openSigningKey, type SigningKey } from "../src/crypto/keys.ts";
import { nodeIdOf, publicKeyOf } from "../src/crypto/pure-keys.ts";
import { verifySignature } from "../src/crypto/verify.ts";
import type { NodeOptions } from "../src/daemon/consensus-node.ts";
import { ledgerParamsOf } from "../src/genesis/ledger-start.ts";
import { type Genesis, genesisHashOf, validatorSetOf } from "../src/genesis.ts";
import type { CheckedTransaction } from "../src/ledger/validate-transaction.ts";
import type { Peer, SignRequest } from "../src/ports.ts";
import type {
  Block,
  HashHex,
  Height,
  Round,
  Transaction,
  ValidatorSet,
} from "../src/types/chain.ts";
import type { ProposalMessage, Vote } from "../src/types/consensus.ts";
import { invariant } from "../src/types/errors.ts";
import { TestNode } from "./driver-node.ts";
import { checkedOf, sampleGenesis, walletOf } from "./ledger-fixtures.ts";

export const TEST_CONFIG: NodeOptions["config"] = {
  consensus: {
    adaptive: true,
    compactFromBytes: 16 * 1024,
    voteRelay: "auto",
    timeoutProposeMs: 300,
    timeoutVoteMs: 100,
    timeoutGrowth: 1.2,
    maxTimeoutMs: 10_000,
    doubleSignCheckHeight: 10,
  },
  mempool: { maxTxs: 20_000, maxBytes: 64 * 1024 * 1024, ttlBlocks: 600 },
  sync: { window: 20, requestTimeoutMs: 5_000 },
};

export interface DriverNetworkOptions {
  readonly validators?: number;
  readonly fullNodes?: number;
  readonly parameters?: Partial<Genesis["parameters"]>;
  readonly consensus?: Partial<NodeOptions["config"]["consensus"]>;
  readonly writeMs?: number;
  /**
   * One-way delay in ms between two nodes that can reach each other, by node id; undefined: this frame
   * is lost. Without a frame it is asked for a dial.
   */
  readonly delayMs?: (
    from: string,
    to: string,
    frame: Uint8Array | undefined,
  ) => number | undefined;
  /** What each link carries, in bytes a millisecond; undefined: any number at once. */
  readonly bytesPerMs?: number;
  /** Coins of the genesis, for wallets 0 and up; 8 by default. */
  readonly coins?: number;
}

/** A peer that is no node: it sends what the test tells it to, and remembers what it heard. */
export interface LoosePeer {
  readonly id: string;
  readonly heard: readonly Message[];
  /** Links that stand now. */
  readonly links: readonly Peer[];
  send(to: TestNode, message: Message): void;
  sendBytes(to: TestNode, frame: Uint8Array): void;
  stop(): void;
}

const nodeSeed = (i: number): Uint8Array => new Uint8Array(32).fill(i + 1, 0, 16).fill(7, 16);
const PARAMETERS = { emptyBlockIntervalMs: 200 };

export class DriverNetwork {
  readonly clock = new VirtualClock();
  readonly genesis: Genesis;
  readonly genesisHash: Uint8Array;
  readonly set: ValidatorSet;
  readonly nodes: TestNode[] = [];
  /** Two different signatures for one place, if there ever were. */
  readonly doubleSigned: string[] = [];
  /** Every place that a validator signed, "name/height/round/step", in order. */
  readonly signed: string[] = [];
  readonly #keys: readonly SigningKey[];
  readonly #hub: MemoryHub;
  readonly #options: DriverNetworkOptions;
  readonly #signBytes = new Map<string, string>();
  readonly #cut = new Set<string>();
  #looseCount = 0;

  constructor(options: DriverNetworkOptions = {}) {
    const { validators = 4, fullNodes = 0, parameters } = options;
    this.#options = options;
    this.#keys = Array.from({ length: validators }, (_, i) =>
      openSigningKey(new Uint8Array(32).fill(i + 1).fill(9, 16)),
    );
    const none = new Uint8Array(64);
    this.genesis = {
      ...sampleGenesis(options.coins ?? 8, { ...PARAMETERS, ...parameters }),
      validators: this.#keys.map(({ publicKey }, i) => ({
        name: `v${i}`,
        publicKey,
        nodeKey: publicKeyOf(nodeSeed(i)),
        possession: none,
        nodePossession: none,
      })),
    };
    this.genesisHash = genesisHashOf(this.genesis);
    this.set = validatorSetOf(this.genesis);
    this.#hub = new MemoryHub({
      scheduler: this.clock,
      bytesPerMs: () => options.bytesPerMs,
      delayMs: (from, to, frame) => {
        if (this.#cut.has(`${from}>${to}`)) return undefined;
        return options.delayMs === undefined ? 2 : options.delayMs(from, to, frame);
      },
    });
    for (let i = 0; i < validators; i++) this.#add(`v${i}`, i, this.#keys[i]);
    for (let i = 0; i < fullNodes; i++) this.addFullNode();
  }

  get validators(): readonly TestNode[] {
    return this.nodes.filter(({ options }) => options.key !== undefined);
  }

  at(index: number): TestNode {
    const node = this.nodes[index];
    invariant(node !== undefined, `there is a node ${index}`);
    return node;
  }

  /** The key behind a validator, for messages that the node itself would never sign. */
  keyOf(index: number): SigningKey {
    const key = this.#keys[index];
    invariant(key !== undefined, `there is a validator ${index}`);
    return key;
  }

  /** The place of validator `index` in the set of every height. */
  setIndexOf(index: number): number {
    const key = toHex(this.keyOf(index).publicKey);
    return this.set.findIndex(({ publicKey }) => toHex(publicKey) === key);
  }

  addFullNode(): TestNode {
    const i = this.nodes.length;
    return this.#add(`f${i}`, i, undefined);
  }

  start(...nodes: readonly TestNode[]): void {
    for (const node of nodes.length === 0 ? this.nodes : nodes) node.start();
  }

  /** A second process with the validator key of `index`, on disks and under a node key of its own. */
  addTwinOf(index: number): TestNode {
    return this.#add(`twin-of-v${index}`, this.nodes.length, this.keyOf(index));
  }

  run(forMs: number): void {
    this.clock.advance(forMs);
  }

  /** Runs until the condition holds; throws where it does not within `limitMs` of virtual time. */
  until(what: string, holds: () => boolean, limitMs = 60_000): void {
    const endMs = this.clock.monotonicMs() + limitMs;
    while (!holds()) {
      const heights = this.nodes.map(({ name, height }) => `${name}=${height}`).join(" ");
      invariant(this.clock.monotonicMs() < endMs, `not in ${limitMs} ms: ${what} (${heights})`);
      invariant(this.clock.next(), `nothing will happen any more: ${what} (${heights})`);
    }
  }

  /** Until each of the nodes (all that run, if none is named) stands at `height` or above. */
  untilHeight(height: Height, ...nodes: readonly TestNode[]): void {
    const awaited = nodes.length === 0 ? this.nodes.filter(({ isRunning }) => isRunning) : nodes;
    this.until(`height ${height}`, () => awaited.every((node) => node.height >= height));
  }

  /** From now on only nodes of the same group reach each other; standing links break. */
  partition(...groups: readonly (readonly TestNode[])[]): void {
    this.#cut.clear();
    const groupOf = new Map(groups.flatMap((group, i) => group.map((node) => [node, i] as const)));
    for (const a of this.nodes) {
      for (const b of this.nodes) {
        if (a === b || groupOf.get(a) === groupOf.get(b)) continue;
        this.#cut.add(`${a.options.id}>${b.options.id}`);
        if (a.isRunning) a.node.transport.cut(b.options.id);
      }
    }
  }

  heal(): void {
    this.#cut.clear();
  }

  /** A loose peer linked with all running nodes; as validator `asIndex` it holds that node's key. */
  loosePeer(asIndex?: number): LoosePeer {
    const seed = asIndex ?? 120 + this.#looseCount++;
    const nodeKey = publicKeyOf(nodeSeed(seed));
    const id = nodeIdOf(nodeKey);
    const heard: Message[] = [];
    const transport = new MemoryTransport({
      hub: this.#hub,
      id,
      nodeKey,
      role: asIndex === undefined ? "full" : "validator",
      address: `${id}@loose-${seed}:1`,
      peers: this.nodes.map(({ options }) => options.address),
    });
    transport.start({
      connected: () => undefined,
      disconnected: () => undefined,
      frame: (_peer, frame) => heard.push(decodeFrame(frame)),
    });
    const sendBytes = (to: TestNode, frame: Uint8Array): void => {
      transport.send(to.options.id, frame);
    };
    return {
      id,
      heard,
      get links() {
        return transport.peers();
      },
      send: (to, message) => sendBytes(to, encodeFrame(message)),
      sendBytes,
      stop: () => transport.stop(() => undefined),
    };
  }

  /** Pays genesis allocation `from` to wallet `to`, all but the fee. */
  payment(from: number, to: number, fee = 20_000n): Transaction {
    const { key, address } = walletOf(from);
    const utxo = this.#allocation(address);
    const outputs = [{ value: utxo.value - fee, address: walletOf(to).address }];
    const body = { version: 1, inputs: [utxo.outPoint], outputs, payload: new Uint8Array(0) };
    const signature = key.sign(txSignBytes(this.genesisHash, txidOf(body)));
    return { body, witnesses: [{ publicKey: key.publicKey, signature }] };
  }

  /** Payments as a mempool would hand them on, for a block that is built here on the head of `node`. */
  checked(node: TestNode, payments: readonly Transaction[]): CheckedTransaction[] {
    const params = ledgerParamsOf(this.genesis, this.genesisHash);
    return checkedOf(payments, node.store, { params, verify: verifySignature });
  }

  /** The proposal of `block` in `round` as its leader signs it; for messages that are said again. */
  proposalOf(block: Block, round: Round, by: Uint8Array = block.header.proposer): ProposalMessage {
    const proposerIndex = this.set.findIndex(({ publicKey }) => toHex(publicKey) === toHex(by));
    const key = this.#keys.find(({ publicKey }) => toHex(publicKey) === toHex(by));
    invariant(key !== undefined, "the proposer is a validator");
    const { height } = block.header;
    const body = { height, round, validRound: -1, blockHash: blockHashOf(block.header) };
    const signature = key.sign(proposalSignBytes(this.genesisHash, body));
    return { proposal: { ...body, proposerIndex, signature }, block, polc: undefined };
  }

  /** The public key of whoever leads `round` of the height in progress at a node. */
  leaderKey({ node }: TestNode, round: Round): Uint8Array {
    const { validators, leaderOrder, height } = node.chain.nextContext();
    const key = validators[leaderOf({ leaderOrder, height }, round)]?.publicKey;
    invariant(key !== undefined, "every round has a leader");
    return key;
  }

  /** A vote of validator `index`, signed with its key. */
  voteOf(index: number, body: Omit<Vote, "validatorIndex" | "signature">): Vote {
    const signature = this.keyOf(index).sign(voteSignBytes(this.genesisHash, body));
    return { ...body, validatorIndex: this.setIndexOf(index), signature };
  }

  /** The hash of a node's block. */
  hashAt(node: TestNode, height: Height): HashHex | undefined {
    const certified = node.store.block(height);
    return certified === undefined ? undefined : toHex(blockHashOf(certified.block.header));
  }

  /** What must hold at every moment of every run. Throws where it does not. */
  checkSafety(): void {
    invariant(this.doubleSigned.length === 0, `signed twice: ${this.doubleSigned.join("; ")}`);
    const top = Math.max(...this.nodes.map(({ height }) => height));
    for (let height = 1; height <= top; height++) {
      const hashes = new Set(this.nodes.map((node) => this.hashAt(node, height)));
      hashes.delete(undefined);
      invariant(hashes.size === 1, `one block at height ${height}`);
    }
    for (const { name, fatal } of this.nodes) {
      invariant(fatal.length === 0, `${name} failed: ${String(fatal[0])}`);
    }
  }

  #allocation(address: Uint8Array) {
    let found: ReturnType<TestNode["store"]["utxo"]>;
    this.at(0).store.utxosOf(address, 1, (_error, utxos) => {
      found = utxos[0];
    });
    this.clock.advance(this.#options.writeMs ?? 1);
    invariant(found !== undefined, "the wallet holds a coin");
    return found;
  }

  #add(name: string, i: number, key: SigningKey | undefined): TestNode {
    const nodeKey = publicKeyOf(nodeSeed(i));
    const id = nodeIdOf(nodeKey);
    const { consensus, writeMs = 1 } = this.#options;
    const node = new TestNode({
      clock: this.clock,
      hub: this.#hub,
      genesis: this.genesis,
      config: { ...TEST_CONFIG, consensus: { ...TEST_CONFIG.consensus, ...consensus } },
      name,
      id,
      nodeKey,
      address: `${id}@${name}:1`,
      peers: Array.from({ length: this.#options.validators ?? 4 }, (_, other) => other)
        .filter((other) => other !== i)
        .map((other) => `${nodeIdOf(publicKeyOf(nodeSeed(other)))}@v${other}:1`),
      key,
      writeMs,
      onSigned: (by, request) => this.#note(by, request),
    });
    this.nodes.push(node);
    return node;
  }

  #note(by: string, { height, round, step, signBytes }: SignRequest): void {
    const place = `${by}/${height}/${round}/${step}`;
    const bytes = toHex(signBytes);
    const before = this.#signBytes.get(place);
    if (before === undefined) this.signed.push(place);
    else if (before !== bytes) this.doubleSigned.push(place);
    this.#signBytes.set(place, bytes);
  }
}
