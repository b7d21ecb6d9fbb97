// One whole node (buildNode of the daemon) on the in-memory adapters. Its disks - store, log and sign
// state - outlive it: crash() loses what was not durable, stop() closes in order, start() begins again
// on the same disks, wipe() replaces them. Every call of a port is a point at which the node can be made
// to die, before or after the call took effect.

import type { MemoryHub } from "../src/adapters/memory/memory-hub.ts";
import { MemorySigner } from "../src/adapters/memory/memory-signer.ts";
import { MemoryStore } from "../src/adapters/memory/memory-store.ts";
import { MemoryTransport } from "../src/adapters/memory/memory-transport.ts";
import { MemoryWal } from "../src/adapters/memory/memory-wal.ts";
import type { VirtualClock } from "../src/adapters/memory/virtual-clock.ts";
import type { SigningKey } from "../src/crypto/keys.ts";
import { createVerifiedCache } from "../src/crypto/verified-cache.ts";
import { verifySignature } from "../src/crypto/verify.ts";
import { buildNode, type ConsensusNode, type NodeOptions } from "../src/daemon/consensus-node.ts";
import { genesisState } from "../src/genesis/ledger-start.ts";
import { type Genesis, genesisHashOf } from "../src/genesis.ts";
import type { Clock, LastingSigner, Log, SignRequest, TransportEvents } from "../src/ports.ts";
import type { CertifiedBlock, Height } from "../src/types/chain.ts";
import { invariant } from "../src/types/errors.ts";
import type { ForkFound } from "../src/types/fork.ts";
import type { BlockCommit } from "../src/types/ledger.ts";
import { RecordedMetrics } from "./recorded-metrics.ts";
import { tracedSigner } from "./traced-signer.ts";

/**
 * One memory of good signatures for all nodes of a test file: each signature is truly verified, once
 * instead of once a node and run, which was half of what these tests cost.
 */
const { verify } = createVerifiedCache(verifySignature);

/** Thrown by the port call at which the node was told to die. */
export class NodeCrash extends Error {
  constructor() {
    super("the simulated node dies here");
    this.name = "NodeCrash";
  }
}

export interface TestNodeOptions {
  readonly clock: VirtualClock;
  readonly hub: MemoryHub;
  readonly genesis: Genesis;
  readonly config: NodeOptions["config"];
  readonly name: string;
  readonly id: string;
  readonly nodeKey: Uint8Array;
  readonly address: string;
  readonly peers: readonly string[];
  /** The validator key; undefined for a full node. */
  readonly key: SigningKey | undefined;
  /** How long a block takes to become durable. */
  readonly writeMs: number;
  /** Told of every signature that left the signer. */
  readonly onSigned: (name: string, request: SignRequest) => void;
}

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** What a copy of a node's disks holds, but for the sign state. */
export interface DiskCopy {
  readonly blocks: readonly BlockCommit[];
  readonly log: { readonly height: Height; readonly records: readonly Uint8Array[] };
}

/** What one run of the node holds. */
interface Running extends ConsensusNode {
  readonly transport: MemoryTransport;
  /** Switched off at its end: its timers no longer fire. */
  readonly power: { on: boolean };
}

export class TestNode {
  readonly options: TestNodeOptions;
  readonly fatal: unknown[] = [];
  readonly log: LogLine[] = [];
  readonly forks: ForkFound[] = [];
  readonly commits: CertifiedBlock[] = [];
  metrics = new RecordedMetrics();
  /** Signatures that the node has asked to be verified. */
  verifications = 0;
  store: MemoryStore;
  wal = new MemoryWal();
  signer: LastingSigner | undefined;
  /** How far the node's wall clock is ahead. */
  skewMs = 0;
  /** Set: the next blocks cannot be written. */
  writeError: Error | undefined;
  /** Records that a crash leaves whole in the log although they were not synced. */
  tornRecords = 0;
  #written: readonly BlockCommit[] = [];
  #running: Running | undefined;
  #points = 0;
  #dieAt = Infinity;

  constructor(options: TestNodeOptions) {
    this.options = options;
    this.store = this.#newStore();
    this.signer = this.#newSigner(false);
  }

  get name(): string {
    return this.options.name;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** The running node; throws where it is down. */
  get node(): ConsensusNode & { readonly transport: MemoryTransport } {
    invariant(this.#running !== undefined, `${this.name} is running`);
    return this.#running;
  }

  get height(): Height {
    return this.store.head()?.height ?? 0;
  }

  /** Port calls of this run so far, counted before and after each. */
  get points(): number {
    return this.#points;
  }

  /** Dies at the given point, counted from the start of the run. */
  dieAt(point: number): void {
    this.#dieAt = point;
  }

  start(): void {
    invariant(this.#running === undefined, `${this.name} is started once`);
    const { hub, id, nodeKey, key, address, peers, genesis, config } = this.options;
    this.#points = 0;
    this.metrics = new RecordedMetrics();
    const role = key === undefined ? "full" : "validator";
    const transport = new MemoryTransport({ hub, id, nodeKey, role, address, peers });
    const power = { on: true };
    const node = buildNode(
      {
        clock: this.#clock(power),
        store: this.#tracedStore(),
        wal: this.#traced(this.wal, ["append", "sync", "reset"]),
        transport: this.#tracedTransport(transport),
        signer: this.#tracedSigner(),
        verify: (...signed) => {
          this.verifications++;
          return verify(...signed);
        },
        metrics: this.metrics,
        log: this.#logger(),
      },
      {
        genesis,
        config,
        onFatal: (error) => this.#failed(error),
        onCommit: (certified) => this.commits.push(certified),
        onFork: (found) => this.forks.push(found),
      },
    );
    this.#running = { ...node, transport, power };
    node.driver.start();
  }

  /** Stops in order; `done` follows when the block in hand is durable and the links are closed. */
  stop(done: () => void = () => undefined): void {
    const running = this.#running;
    invariant(running !== undefined, `${this.name} is running`);
    running.driver.stop(() =>
      running.transport.stop(() => {
        running.power.on = false;
        this.#running = undefined;
        this.wal.close();
        done();
      }),
    );
  }

  /** Power loss: what was not durable is gone. */
  crash(): void {
    if (this.#running === undefined) return;
    this.#running.power.on = false;
    this.#running.transport.crash();
    this.#running = undefined;
    this.#dieAt = Infinity;
    this.store.crash();
    this.wal.crash(this.tornRecords);
  }

  /**
   * New disks under the same keys. `signState: "kept"` loses blocks and log only; "new" is what `timed init`
   * makes, or a copy of it that is put back.
   */
  wipe(signState: "lost" | "kept" | "new" = "lost"): void {
    invariant(this.#running === undefined, "a running node's disks stay");
    this.store = this.#newStore();
    this.#written = [];
    this.wal = new MemoryWal();
    if (signState !== "kept") this.signer = this.#newSigner(signState === "lost");
  }

  /** What block store and log hold durably now, to be put back later as an older copy. */
  copyDisks(): DiskCopy {
    const { height } = this.wal;
    return { blocks: this.#written, log: { height, records: this.wal.replay(height) } };
  }

  /** Replaces the disks of a node that is down; a part that is not named is lost. */
  putDisks(copy: Partial<DiskCopy>): void {
    invariant(this.#running === undefined, "a running node's disks stay");
    this.wipe("kept");
    const { blocks = [], log } = copy;
    for (const block of blocks) this.store.commit([block], () => undefined);
    this.#written = blocks;
    if (log === undefined) return;
    this.wal.reset(log.height);
    for (const record of log.records) this.wal.append(record);
    this.wal.sync();
  }

  #newSigner(isLost: boolean): MemorySigner | undefined {
    const { key } = this.options;
    if (key === undefined) return undefined;
    const sign = (message: Uint8Array): Uint8Array => key.sign(message);
    return new MemorySigner({ publicKey: key.publicKey, sign, isLost });
  }

  #newStore(): MemoryStore {
    const { clock, genesis, writeMs } = this.options;
    const store = new MemoryStore((run) => {
      // Of a node that is down: what a copy of its disk holds is there at once.
      if (this.#running === undefined) run();
      else clock.startTimer(writeMs, run);
    });
    const hash = genesisHashOf(genesis);
    const { utxos, head } = genesisState(genesis, hash);
    store.initialise(hash, utxos, head, () => undefined);
    return store;
  }

  #failed(error: unknown): void {
    if (!(error instanceof NodeCrash)) this.fatal.push(error);
    // A real process ends here; the disks keep what was durable.
    else this.crash();
  }

  #point(): void {
    if (this.#points >= this.#dieAt) throw new NodeCrash();
    this.#points++;
  }

  #clock(power: { readonly on: boolean }): Clock {
    const { clock } = this.options;
    return {
      nowMs: () => clock.nowMs() + this.skewMs,
      monotonicMs: () => clock.monotonicMs(),
      startTimer: (delayMs, fire) =>
        clock.startTimer(delayMs, () => {
          if (power.on) fire();
        }),
    };
  }

  /** The port with a point before and after each of the named calls. */
  #traced<T extends object>(port: T, calls: readonly string[]): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
        if (typeof name !== "string" || !calls.includes(name)) return call;
        return (...args: unknown[]) => {
          this.#point();
          const result = call(...args);
          this.#point();
          return result;
        };
      },
    });
  }

  #tracedStore(): MemoryStore {
    const { store } = this;
    const commit = (blocks: readonly BlockCommit[], done: (error?: Error) => void): void => {
      const { writeError } = this;
      this.#point();
      const written = (error?: Error): void => {
        if (error === undefined) this.#written = [...this.#written, ...blocks];
        done(error);
      };
      if (writeError === undefined) store.commit(blocks, written);
      else this.options.clock.startTimer(this.options.writeMs, () => done(writeError));
      this.#point();
    };
    return new Proxy(store, {
      get: (target, name) => {
        if (name === "commit") return commit;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #tracedTransport(transport: MemoryTransport): MemoryTransport {
    const traced = this.#traced(transport, ["send"]);
    const start = (events: TransportEvents): void => transport.start(events);
    return new Proxy(traced, {
      get: (target, name) => (name === "start" ? start : Reflect.get(target, name, target)),
    });
  }

  #tracedSigner(): LastingSigner | undefined {
    const { signer } = this;
    return (
      signer &&
      tracedSigner(signer, {
        point: () => this.#point(),
        signed: (request) => this.options.onSigned(this.name, request),
      })
    );
  }

  #logger(): Log {
    const at = (level: string) => (fields: object, message: string) => {
      this.log.push({ level, fields, message });
    };
    return { debug: () => undefined, info: at("info"), warn: at("warn"), error: at("error") };
  }
}
