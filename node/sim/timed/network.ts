// A network of production nodes on a virtual clock, each on a processor and behind a line of its own (or
// on cores that all share). It is the simulator's machine with other ports: nothing of the node is
// imitated. Clocks agree and nothing dies; what a run does to a node it does at the node's links. Same
// options, same run. Called by run.ts.

import { MemoryHub } from "../../src/adapters/memory/memory-hub.ts";
import { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { decodeFrame, type Message } from "../../src/codec/frames.ts";
import type { NodeOptions, NodePorts } from "../../src/daemon/consensus-node.ts";
import { genesisState } from "../../src/genesis/ledger-start.ts";
import { type Genesis, genesisHashOf } from "../../src/genesis.ts";
import type { Transport } from "../../src/ports.ts";
import type { CertifiedBlock } from "../../src/types/chain.ts";
import { newDisksFor } from "../modes/node-config.ts";
import { type Chain, chainOf, payment } from "../world/chain.ts";
import { FrameReader } from "../world/frame-reader.ts";
import { Machine, type MachineEvents } from "../world/machine.ts";
import { MachineClock } from "../world/machine-clock.ts";
import type { Rng } from "../world/rng.ts";
import { chargedPorts } from "./charged-ports.ts";
import type { Costs } from "./costs.ts";
import { Processor, Thread } from "./processor.ts";
import type { DelayBetween } from "./regions.ts";
import { Wire } from "./wire.ts";

const EPOCH_MS = 1_700_000_000_000;
/** What TLS 1.3 (22), WebSocket (6), TCP and IP (52) add to a frame. */
export const OVERHEAD_BYTES = 80;
const UPKEEP_MS = 100;

export interface NetworkOptions {
  readonly nodes: number;
  readonly delay: DelayBetween;
  readonly lateShare: number;
  /** True: what follows a late frame on its link waits behind it, as TCP has it. */
  readonly inOrder: boolean;
  readonly megabitsPerSecond: number;
  readonly costs: Costs;
  /** "own": each node has a core of its own; otherwise so many cores for all of them. */
  readonly cores: "own" | number;
  readonly minBlockMs: number;
  readonly emptyBlockIntervalMs: number;
  /** Funded accounts with one coin each; 8 by default. */
  readonly wallets?: number;
  readonly consensus?: Partial<NodeOptions["config"]["consensus"]>;
}

export interface NetworkEvents {
  /** A node has entered a round. */
  entered(node: TimedNode, height: number, round: number): void;
  committed(node: TimedNode, certified: CertifiedBlock): void;
  /** What stands between a node and its links. */
  readonly corrupt?: (
    index: number,
    world: TimedWorld,
  ) => ((transport: Transport) => Transport) | undefined;
  /** The last to change what a node is given for its ports. */
  readonly ports?: (ports: NodePorts) => NodePorts;
}

export interface TimedWorld {
  readonly reader: FrameReader;
  readonly chain: Chain;
  readonly time: VirtualClock;
}

export interface TimedNode {
  readonly index: number;
  readonly machine: Machine;
  readonly thread: Thread;
}

const COIN = 10_000_000n;

/** As config.ts has it. */
const CONSENSUS: NodeOptions["config"]["consensus"] = {
  adaptive: true,
  timeoutProposeMs: 300,
  timeoutVoteMs: 100,
  timeoutGrowth: 1.2,
  maxTimeoutMs: 10_000,
  voteRelay: "auto",
  compactFromBytes: 16 * 1024,
  doubleSignCheckHeight: 10,
};
const CONFIG = {
  mempool: { maxTxs: 20_000, maxBytes: 64 * 1024 * 1024, ttlBlocks: 600 },
  sync: { window: 20, requestTimeoutMs: 5_000 },
};

/** The chain of so many validators with a devnet's parameters. */
export function timedChain(
  nodes: number,
  {
    minBlockMs,
    emptyBlockIntervalMs,
    wallets,
  }: Pick<NetworkOptions, "minBlockMs" | "emptyBlockIntervalMs" | "wallets">,
): Chain {
  const base = chainOf(nodes);
  const parameters = {
    ...base.genesis.parameters,
    minBlockMs,
    emptyBlockIntervalMs,
    maxBlockBytes: 1024 * 1024,
    maxBlockTxs: 5_000,
    precisionMs: 500,
    messageDelayMs: 2_000,
  };
  const allocations =
    wallets === undefined
      ? base.genesis.allocations
      : Array.from({ length: wallets }, (_, i) => ({
          address: addressOf(base, i),
          amount: COIN + BigInt(i),
        }));
  const genesis: Genesis = { ...base.genesis, parameters, allocations };
  const genesisHash = genesisHashOf(genesis);
  return { ...base, genesis, genesisHash, state: genesisState(genesis, genesisHash) };
}

/** Frames wait long before a busy node: each is kept as read for as long as somebody may read it. */
class LastingReader extends FrameReader {
  readonly #messages = new WeakMap<Uint8Array, Message>();

  override read(frame: Uint8Array): Message {
    const known = this.#messages.get(frame);
    if (known !== undefined) return known;
    const message = decodeFrame(frame);
    this.#messages.set(frame, message);
    return message;
  }
}

/** The simulator's wallets have no number of their own: whoever is paid shows its address. */
const addressOf = (chain: Chain, wallet: number): Uint8Array =>
  payment(chain, { from: 0, to: wallet, outputs: 1 }).body.outputs[0]?.address ??
  new Uint8Array(20);

export class TimedNetwork implements TimedWorld {
  readonly time = new VirtualClock(EPOCH_MS);
  readonly chain: Chain;
  readonly wire: Wire;
  readonly nodes: readonly TimedNode[];
  readonly #options: NetworkOptions;
  readonly #events: NetworkEvents;
  readonly reader = new LastingReader();

  constructor(options: NetworkOptions, rng: Rng, events: NetworkEvents) {
    this.#options = options;
    this.#events = events;
    this.chain = timedChain(options.nodes, options);
    const { delay, lateShare, megabitsPerSecond } = options;
    const links = { delayMs: delay, spread: 0.2, lateShare, lateFactor: 4, megabitsPerSecond };
    this.wire = new Wire({ ...links, overheadBytes: OVERHEAD_BYTES }, rng, this.chain.nodeIds);
    const { time, wire } = this;
    const shared = options.cores === "own" ? undefined : new Processor(time, options.cores);
    const threads = this.chain.set.map(() => new Thread(shared ?? new Processor(time, 1)));
    const hub = new MemoryHub({
      scheduler: time,
      reorder: !options.inOrder,
      delayMs: (fromId, toId, frame) => {
        const [from, to] = [wire.indexOf(fromId), wire.indexOf(toId)];
        if (frame === undefined) return wire.dialMs(from, to);
        const nowMs = time.monotonicMs();
        const sentMs = nowMs + (threads[from]?.aheadMs ?? 0);
        return wire.arrivalMs(from, to, frame.length, sentMs) - nowMs;
      },
    });
    this.nodes = threads.map((thread, index) => this.#newNode(index, thread, hub));
  }

  start(): void {
    for (const { machine, thread } of this.nodes) {
      machine.start();
      this.#upkeep(thread);
    }
  }

  #upkeep(thread: Thread): void {
    const { upkeepUsPerSecond } = this.#options.costs;
    if (upkeepUsPerSecond === 0) return;
    this.time.startTimer(UPKEEP_MS, () => {
      thread.enqueue(() => thread.spend("handle", (upkeepUsPerSecond * UPKEEP_MS) / 1_000));
      this.#upkeep(thread);
    });
  }

  #newNode(index: number, thread: Thread, hub: MemoryHub): TimedNode {
    const { nodeIds } = this.chain;
    const addresses = nodeIds.map((id, i) => `${id}@v${i}:1`);
    const node: { index: number; thread: Thread; machine?: Machine } = { index, thread };
    const machine = new Machine({
      chain: this.chain,
      index,
      address: addresses[index] ?? "",
      peers: addresses.filter((_, other) => other !== index),
      time: this.time,
      clock: new MachineClock(this.time, { rate: 1, skewMs: 0 }),
      hub,
      reader: this.reader,
      history: [],
      config: { ...CONFIG, consensus: { ...CONSENSUS, ...this.#options.consensus } },
      events: this.#machineEvents(() => node as TimedNode),
      corrupt: this.#events.corrupt?.(index, this),
      newDisks: newDisksFor("whole"),
      ports: (ports) => this.#ports(ports, node as TimedNode),
    });
    node.machine = machine;
    return node as TimedNode;
  }

  #ports(ports: NodePorts, node: TimedNode): NodePorts {
    const { wire, time, reader } = this;
    const { costs } = this.#options;
    const { index, thread } = node;
    const peers = this.chain.set.length - 1;
    const cpu = {
      index,
      peers,
      thread,
      costs,
      wire,
      time,
      read: (frame: Uint8Array) => reader.read(frame),
    };
    const charged = chargedPorts(ports, cpu);
    return this.#events.ports?.(charged) ?? charged;
  }

  #machineEvents(node: () => TimedNode): MachineEvents {
    const fail = (what: string): never => {
      throw new Error(`validator ${node().index} ${what}`);
    };
    return {
      signed: () => undefined,
      committed: (_, certified) => this.#events.committed(node(), certified),
      punished: () => undefined,
      refused: (_, reason) => fail(`was refused a signature: ${reason}`),
      asked: () => undefined,
      // The core notes when it enters a round.
      logged: (_, message, fields) => {
        if (message !== "newRound") return;
        const { height, round } = fields as { readonly height: number; readonly round: number };
        this.#events.entered(node(), height, round);
      },
      forked: () => fail("sees a fork"),
      stopped: (_, error) =>
        fail(`ended: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
      losses: () => ({ disk: "everything", batch: "kept" }),
    };
  }
}
