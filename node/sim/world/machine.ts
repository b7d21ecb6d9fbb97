// One whole node as it runs in production - buildNode, with the driver, the ledger and the codecs - on
// disks, a store, a clock and links of the simulator. The machine outlives its processes: a process dies
// at a point of its gate, by a fatal error or with the power, and the next one finds what the disks kept.
// Only signatures are fake (chain.ts), and in fast runs the disks have no file formats (disks.ts).

import { type HaltMarker, haltMarkerOf } from "../../src/adapters/halt-marker.ts";
import type { CrashKeeps } from "../../src/adapters/memory/memory-disk.ts";
import type { MemoryHub } from "../../src/adapters/memory/memory-hub.ts";
import { type BatchKeeps, MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { MemoryTransport } from "../../src/adapters/memory/memory-transport.ts";
import type { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import type { Message } from "../../src/codec/frames.ts";
import type { SigningKey } from "../../src/crypto/keys.ts";
import {
  buildNode,
  type ConsensusNode,
  type NodeOptions,
  type NodePorts,
} from "../../src/daemon/consensus-node.ts";
import { seenSigning } from "../../src/daemon/seen-signing.ts";
import { SignHold } from "../../src/driver/watches/sign-hold.ts";
import type { LastingSigner, Log, Metrics, SignRequest, Transport } from "../../src/ports.ts";
import type { CertifiedBlock, Height } from "../../src/types/chain.ts";
import type { ForkFound } from "../../src/types/fork.ts";
import type { BlockCommit, ChainHead } from "../../src/types/ledger.ts";
import { type Chain, keyOf } from "./chain.ts";
import type { Disks, NewDisks } from "./disks.ts";
import type { FrameReader } from "./frame-reader.ts";
import { lastSigned } from "./history.ts";
import { fakeVerify } from "./keyring.ts";
import type { MachineClock, Power } from "./machine-clock.ts";
import { type PointKind, ProcessDeath, ProcessGate } from "./process-gate.ts";
import { gatedStore, gatedTransport } from "./process-ports.ts";
import type { ProcessLinks } from "./twin-links.ts";

/** From handing a block to the store to its being durable. */
const WRITE_MS = 1;

/** What a dying process leaves of what was not durable. */
export interface Losses {
  readonly disk: CrashKeeps;
  readonly batch: BatchKeeps;
}

/** What the run hears of its machines. */
export interface MachineEvents {
  signed(machine: Machine, request: SignRequest): void;
  /** The guard of the key refused a signature, to a process that had one before. */
  refused(machine: Machine, reason: string): void;
  committed(machine: Machine, certified: CertifiedBlock, head: ChainHead): void;
  /** It closed a link and refuses the peer from now on. */
  punished(machine: Machine, peerId: string, reason: string): void;
  /** It asks a peer for a proposal whose block it lacks. */
  asked(machine: Machine, frame: Uint8Array): void;
  /** A frame was read; for traces. */
  heard?(machine: Machine, message: Message): void;
  /** It saw two certified blocks at one height, and has written its halt marker. */
  forked(machine: Machine, found: ForkFound): void;
  /** A line of its log, debug lines included: what the core notes comes this way. */
  logged(machine: Machine, message: string, fields: object): void;
  /** The process is gone; the error, where it was not told to die. */
  stopped(machine: Machine, error: unknown): void;
  /** Asked at each death. */
  losses(): Losses;
}

export interface MachineOptions {
  readonly chain: Chain;
  /** Validator index; twins share it. */
  readonly index: number;
  readonly address: string;
  readonly peers: readonly string[];
  readonly time: VirtualClock;
  readonly clock: MachineClock;
  readonly hub: MemoryHub;
  /** Shared by the machines of a run. */
  readonly reader: FrameReader;
  readonly newDisks: NewDisks;
  readonly config: NodeOptions["config"];
  /** Blocks that the store holds from the beginning. */
  readonly history: readonly BlockCommit[];
  readonly events: MachineEvents;
  /** Stands between the node and its links; a Byzantine one does what it likes there. */
  readonly corrupt?: ((transport: Transport) => Transport) | undefined;
  /** Its links, where it does not have those of its own id for itself. */
  readonly openLinks?: (() => ProcessLinks) | undefined;
  /** Last word on what was built, before it starts. */
  readonly prepare?: ((node: ConsensusNode) => void) | undefined;
  /** True: nothing remembers what this key has signed. */
  readonly forgetful?: boolean;
  /** What the node gets in place of its ports. */
  readonly ports?: ((ports: NodePorts) => NodePorts) | undefined;
}

export type TransportOptions = Pick<
  MachineOptions,
  "chain" | "index" | "hub" | "address" | "peers"
>;

interface Running extends ConsensusNode {
  readonly links: ProcessLinks;
  readonly power: Power;
}

export class Machine {
  readonly options: MachineOptions;
  readonly disks: Disks;
  store: MemoryStore;
  readonly id: string;
  /** The gate of the last process. */
  gate = new ProcessGate();
  /** Where it stands, no process starts any more. */
  haltMarker: HaltMarker | undefined;
  /** Where set, later processes write their points down. */
  trace: PointKind[] | undefined;
  readonly #key: SigningKey;
  #running: Running | undefined;

  constructor(options: MachineOptions) {
    this.options = options;
    const { chain, index } = options;
    this.#key = keyOf(chain, index);
    const last = lastSigned(options.history, chain.genesisHash, index);
    this.disks = options.newDisks(this.#key, chain.genesisHash, last);
    this.id = chain.nodeIds[index] ?? "";
    this.store = newStore(options, options.history);
  }

  get height(): Height {
    return this.store.head()?.height ?? 0;
  }

  get node(): ConsensusNode | undefined {
    return this.#running;
  }

  get isUp(): boolean {
    return this.#running !== undefined;
  }

  /** Starts a process. Where it dies before it has started, `events.stopped` is called as for a later death. */
  start(dieAt = Infinity): void {
    if (this.#running !== undefined || this.haltMarker !== undefined) return;
    this.gate = new ProcessGate(this.trace);
    this.gate.dieAt(dieAt);
    try {
      this.#start(this.gate);
    } catch (error) {
      this.#stop(error);
    }
  }

  /** Power off. */
  crash(): void {
    if (this.#running !== undefined) this.#stop(undefined);
  }

  /** Breaks the link to a peer, where there is one. */
  cut(peerId: string): void {
    this.#running?.links.cut(peerId);
  }

  /** Its disk is replaced by an empty one: what its key has signed is not known any more. */
  wipe(): void {
    this.crash();
    this.disks.wipe();
    this.store = newStore(this.options, []);
  }

  #start(gate: ProcessGate): void {
    const { chain, clock, config, events, corrupt, reader } = this.options;
    const { genesis, genesisHash } = chain;
    const power: Power = { on: true };
    const processClock = clock.forProcess(power);
    const { store } = this;
    const lastBlocks = config.consensus.doubleSignCheckHeight;
    const { publicKey } = this.#key;
    const { wal, signer } = this.disks.open(gate, (log) =>
      seenSigning({ publicKey, store, wal: log, lastBlocks }),
    );
    const links = this.options.openLinks?.() ?? newTransport(this.options);
    const ports: NodePorts = {
      clock: processClock,
      store: gatedStore(store, gate, { disks: this.disks, clock: processClock }),
      wal,
      transport: gatedTransport(corrupt?.(links) ?? links, gate, {
        punished: (peerId, reason) => events.punished(this, peerId, reason),
        asked: (frame) => events.asked(this, frame),
      }),
      signer: this.#heard(this.options.forgetful === true ? forgetful(this.#key) : signer),
      metrics,
      log: this.#log(),
      verify: fakeVerify,
      decode: (frame) => {
        const message = reader.read(frame);
        events.heard?.(this, message);
        return message;
      },
      ...(this.options.forgetful === true ? { hold: new HeedlessHold() } : {}),
    };
    const node = buildNode(this.options.ports?.(ports) ?? ports, {
      genesis,
      config,
      onFatal: (error) => this.#stop(error),
      onFork: (found) => {
        this.haltMarker = haltMarkerOf(found, { genesisHash, nowMs: clock.nowMs() });
        events.forked(this, found);
      },
      onCommit: (certified, { head }) => events.committed(this, certified, head),
    });
    this.options.prepare?.(node);
    this.#running = { ...node, links, power };
    node.driver.start();
  }

  /** `signer`, whose every signature the run hears of. */
  #heard(signer: LastingSigner): LastingSigner {
    const { events } = this.options;
    let hasSigned = false;
    return {
      publicKey: signer.publicKey,
      get minHeight() {
        return signer.minHeight;
      },
      get last() {
        return signer.last;
      },
      get isLost() {
        return signer.isLost;
      },
      forget: (height) => signer.forget(height),
      sign: (request: SignRequest) => {
        const result = signer.sign(request);
        if (result.ok) events.signed(this, request);
        else if (hasSigned) events.refused(this, result.reason);
        hasSigned ||= result.ok;
        return result;
      },
    };
  }

  #log(): Log {
    const { events } = this.options;
    const say = (fields: object, message: string): void => events.logged(this, message, fields);
    return { debug: say, info: say, warn: say, error: say };
  }

  /** The process ends here, whatever ended it; the disks keep what they keep. */
  #stop(error: unknown): void {
    const { events } = this.options;
    const running = this.#running;
    this.#running = undefined;
    if (running !== undefined) {
      running.power.on = false;
      running.links.crash();
    }
    const { disk, batch } = events.losses();
    this.store.crash(batch);
    this.disks.crash(disk);
    const isDeath = this.gate.died || error instanceof ProcessDeath;
    events.stopped(this, isDeath ? undefined : error);
  }
}

/** The links of a machine that has its node id for itself. */
export function newTransport(options: TransportOptions): MemoryTransport {
  const { chain, index, hub, address, peers } = options;
  const id = chain.nodeIds[index] ?? "";
  const nodeKey = chain.set[index]?.nodeKey ?? new Uint8Array(32);
  return new MemoryTransport({ hub, id, nodeKey, role: "validator", address, peers });
}

/** A store with genesis and `history` in it; what is written later is durable after WRITE_MS. */
function newStore(
  { chain: { genesisHash, state }, time }: Pick<MachineOptions, "chain" | "time">,
  history: readonly BlockCommit[],
): MemoryStore {
  let isNew = true;
  const store = new MemoryStore((run) => {
    if (isNew) run();
    else time.startTimer(WRITE_MS, run);
  });
  store.initialise(genesisHash, state.utxos, state.head, () => undefined);
  for (const commit of history) store.commit([commit], () => undefined);
  isNew = false;
  return store;
}

/** Signs whatever it is asked to, as if nothing had been signed before. */
const forgetful = (key: SigningKey): LastingSigner => ({
  publicKey: key.publicKey,
  minHeight: 0,
  last: undefined,
  isLost: false,
  forget: () => undefined,
  sign: ({ signBytes }) => ({ ok: true, signature: key.sign(signBytes) }),
});

/** Lets everything be signed at once. */
class HeedlessHold extends SignHold {
  constructor() {
    const none = { isLost: false, holdHeights: 0, head: 0, floor: 0 };
    super({ ...none, othersNeeded: () => 0, comparedNeeded: () => 0 });
  }

  override refusal(): undefined {
    return undefined;
  }

  override mayBegin(): boolean {
    return true;
  }
}

const nothing = (): void => undefined;
const metrics: Metrics = { count: nothing, gauge: nothing, observe: nothing };
