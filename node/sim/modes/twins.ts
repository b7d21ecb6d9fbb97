// Twins, systematically: four validators, one of whose keys runs twice, so that unmodified nodes are the
// Byzantine ones. In each round of the scenario a process reaches only its own group with what it says,
// until it says it again (T_rebroadcast): so a partition shapes the round, and cannot stand for ever. After
// the last round of the scenario, and above the first height, nobody is kept apart. Who leads which round
// of the first height is the scenario's, too. The checks are those of every other run; stuck is where the
// honest three do not decide in time. Same options, same report.

import { MemoryHub } from "../../src/adapters/memory/memory-hub.ts";
import { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { rebroadcastMs } from "../../src/consensus/timeouts.ts";
import type { ConsensusNode } from "../../src/daemon/consensus-node.ts";
import { Checks } from "../checks/checks.ts";
import type { RunReport } from "../command/run-report.ts";
import { traced } from "../command/trace.ts";
import { chainOf } from "../world/chain.ts";
import { FrameReader } from "../world/frame-reader.ts";
import {
  Machine,
  type MachineEvents,
  type MachineOptions,
  newTransport,
} from "../world/machine.ts";
import { MachineClock } from "../world/machine-clock.ts";
import { newRng, type Rng } from "../world/rng.ts";
import { TwinLinks } from "../world/twin-links.ts";
import { NODE_CONFIG, newDisksFor } from "./node-config.ts";
import { showTwins, TWINS_ROUNDS, TWINS_VALIDATORS, twinsScenario } from "./twins-scenario.ts";

/** The key that runs twice, and the process that is its copy. */
const TWIN = 0;
const COPY = TWINS_VALIDATORS;
const EPOCH_MS = 1_700_000_000_000;
const LEAST_DELAY_MS = 8;
const JITTER_MS = 4;
const DEADLINE_MS = 30_000;
const WAITS = { timeoutProposeMs: 100, timeoutVoteMs: 50, timeoutGrowth: 1.2, maxTimeoutMs: 1_000 };
const CONFIG: MachineOptions["config"] = {
  ...NODE_CONFIG,
  consensus: { ...NODE_CONFIG.consensus, ...WAITS, adaptive: false },
};

export interface TwinsOptions {
  readonly seed: number;
  readonly trace?: ((line: string) => void) | undefined;
}

/** Runs the scenario of a seed until the honest three have decided a height. */
export const simulateTwins = (options: TwinsOptions): RunReport => new TwinsRun(options).run();

class TwinsRun implements MachineEvents {
  readonly #seed: number;
  readonly #chain = chainOf(TWINS_VALIDATORS);
  readonly #rng: Rng;
  readonly #scenario;
  readonly #time = new VirtualClock(EPOCH_MS);
  readonly #reader = new FrameReader();
  readonly #checks = new Checks({ chain: this.#chain, culprits: new Set([TWIN]) });
  readonly #hub: MemoryHub;
  readonly #twins: TwinLinks;
  readonly #machines: readonly Machine[];
  readonly #events: MachineEvents;
  /** By process: its round, and until when what it says stays in its group. */
  readonly #rounds = Array.from({ length: COPY + 1 }, () => ({ round: 0, apartUntilMs: 0 }));
  /** Of each honest validator's frames on their way to the twins: which of the two hears them. */
  readonly #onTheirWay = new Map<string, (readonly boolean[])[]>();
  #eventCount = 0;

  constructor({ seed, trace }: TwinsOptions) {
    this.#seed = seed;
    this.#rng = newRng(seed);
    this.#scenario = twinsScenario(seed);
    this.#events = trace === undefined ? this : traced(this, trace, () => this.#time.monotonicMs());
    this.#hub = new MemoryHub({
      scheduler: this.#time,
      delayMs: (from, to, frame) => this.#delayMs(from, to, frame),
    });
    this.#twins = new TwinLinks(
      () => newTransport(this.#options(TWIN)),
      (twin, peer) => this.#hears(twin, peer.id),
    );
    this.#machines = Array.from({ length: COPY + 1 }, (_, process) => this.#newMachine(process));
  }

  run(): RunReport {
    for (const machine of this.#machines) machine.start();
    const honest = this.#machines.filter((machine) => this.#checks.isHonest(machine));
    const { violations } = this.#checks;
    while (violations.length === 0) {
      if (honest.every(({ height }) => height > 0)) return this.#report("ok", "");
      if (!this.#time.next() || this.#time.monotonicMs() > DEADLINE_MS) {
        const ms = Math.round(this.#time.monotonicMs());
        return this.#report("stuck", `nothing decided after ${ms} ms`);
      }
      this.#eventCount++;
    }
    return this.#report("unsafe", violations[0] ?? "");
  }

  signed: MachineEvents["signed"] = (machine, request) => this.#checks.signs(machine, request);

  refused: MachineEvents["refused"] = (machine, reason) => this.#checks.refuses(machine, reason);

  committed: MachineEvents["committed"] = (machine, certified, head) =>
    this.#checks.commits(machine, certified, head);

  punished: MachineEvents["punished"] = (machine, peerId, reason) =>
    this.#checks.punishes(machine, peerId, reason);

  asked: MachineEvents["asked"] = (machine, frame) =>
    this.#checks.asks(machine, this.#time.monotonicMs(), frame);

  forked: MachineEvents["forked"] = (machine, found) => this.#checks.forks(machine, found);

  losses: MachineEvents["losses"] = () => ({ disk: "everything", batch: "lost" });

  logged: MachineEvents["logged"] = (machine, message, fields) => {
    this.#checks.notes(machine, message, fields);
    if (message !== "newRound") return;
    const { round } = fields as { round: number };
    const params = { ...WAITS, precisionMs: 0, messageDelayMs: 0 };
    const saidAgainMs = rebroadcastMs({ params, context: {} }, round);
    const apartUntilMs =
      round < TWINS_ROUNDS && machine.height === 0 ? this.#time.monotonicMs() + saidAgainMs : 0;
    this.#rounds[this.#machines.indexOf(machine)] = { round, apartUntilMs };
  };

  /** Nobody dies here. */
  stopped: MachineEvents["stopped"] = (machine, error) => this.#checks.fails(machine, error, false);

  #delayMs(fromId: string, toId: string, frame: Uint8Array | undefined): number | undefined {
    const delayMs = LEAST_DELAY_MS + this.#rng.int(JITTER_MS + 1);
    if (frame === undefined) return delayMs;
    const from = this.#chain.nodeIds.indexOf(fromId);
    const to = this.#chain.nodeIds.indexOf(toId);
    if (to === TWIN) {
      const heard = [!this.#isApart(from, TWIN), !this.#isApart(from, COPY)];
      this.#onTheirWay.set(fromId, [...(this.#onTheirWay.get(fromId) ?? []), heard]);
      return delayMs;
    }
    const sender = from === TWIN ? this.#speaking : from;
    return this.#isApart(sender, to) ? undefined : delayMs;
  }

  /** Which of the twins sends now. */
  #speaking = TWIN;

  /** Links are FIFO and none breaks, so what arrives is the first that is on its way. */
  #hears(twin: number, peerId: string): boolean {
    const [heard = [], ...rest] = this.#onTheirWay.get(peerId) ?? [];
    // Asked for each of the two in turn; the second takes it away.
    if (twin === 1) this.#onTheirWay.set(peerId, rest);
    return heard[twin] === true;
  }

  #isApart(from: number, to: number): boolean {
    const sender = this.#rounds[from];
    if (sender === undefined || this.#time.monotonicMs() >= sender.apartUntilMs) return false;
    const groups = this.#scenario.groups[sender.round];
    return groups !== undefined && groups[from] !== groups[to];
  }

  #newMachine(process: number): Machine {
    const options = this.#options(process % TWINS_VALIDATORS);
    if (process !== TWIN && process !== COPY) return new Machine(options);
    const links = () => this.#twins.open(process === TWIN ? 0 : 1);
    return new Machine({
      ...options,
      openLinks: () => {
        const end = links();
        return {
          ...end,
          send: (peerId, frame) => {
            this.#speaking = process;
            return end.send(peerId, frame);
          },
        };
      },
    });
  }

  #options(index: number): MachineOptions {
    const addresses = this.#chain.nodeIds.map((id, i) => `${id}@v${i}:1`);
    return {
      chain: this.#chain,
      index,
      address: addresses[index] ?? "",
      peers: addresses.filter((_, other) => other !== index),
      time: this.#time,
      clock: new MachineClock(this.#time, { rate: 1, skewMs: 0 }),
      hub: this.#hub,
      reader: this.#reader,
      newDisks: newDisksFor("fast"),
      config: CONFIG,
      history: [],
      events: this.#events,
      prepare: (node) => this.#lead(node),
    };
  }

  /** The leaders of the first height are the scenario's. */
  #lead({ chain }: ConsensusNode): void {
    const { leaders } = this.#scenario;
    // leaderOrder[(height + round) mod 7] leads, and the height is 1.
    const leaderOrder = leaders.map((_, place) => leaders.at(place - 1) ?? 0);
    const nextContext = chain.nextContext.bind(chain);
    chain.nextContext = () => {
      const context = nextContext();
      return context.height === 1 ? { ...context, leaderOrder } : context;
    };
  }

  #report(outcome: RunReport["outcome"], reason: string): RunReport {
    return {
      seed: this.#seed,
      outcome,
      reason,
      events: this.#eventCount,
      virtualMs: Math.round(this.#time.monotonicMs()),
      heights: Math.max(...this.#machines.map(({ height }) => height)),
      byzantine: `0 and its twin; ${showTwins(this.#scenario)}`,
      maxRound: this.#checks.maxRound,
      transactions: 0,
      convicted: this.#checks.convicted,
      deaths: 0,
      coverage: this.#checks.counts,
    };
  }
}
