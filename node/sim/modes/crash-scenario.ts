// One run of four whole nodes in which nothing goes wrong but what the caller plans: a death at one point
// of one node, or of all at once, with given losses. The script provokes what makes a log long: two heights
// whose first round fails, and payments. Called by crash-points.ts; same options, same run.

import { MemoryHub } from "../../src/adapters/memory/memory-hub.ts";
import { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { decodeFrame } from "../../src/codec/frames.ts";
import type { SignRequest } from "../../src/ports.ts";
import type { Height } from "../../src/types/chain.ts";
import { invariant } from "../../src/types/errors.ts";
import { Checks } from "../checks/checks.ts";
import { chainOf, payment } from "../world/chain.ts";
import { FrameReader } from "../world/frame-reader.ts";
import { type Losses, Machine, type MachineEvents } from "../world/machine.ts";
import { MachineClock } from "../world/machine-clock.ts";
import type { PointKind } from "../world/process-gate.ts";
import { NODE_CONFIG, newDisksFor } from "./node-config.ts";

export const CRASH_NODES = 4;
/** The death comes before this height. */
export const CRASH_HEIGHTS = 8;
/** Heights of which no first-round proposal arrives. */
const FAILING_HEIGHTS: ReadonlySet<Height> = new Set([3, 6]);
const PROPOSAL_BYTE = 0x10;
const DELAY_MS = 2;
const BOUND_MS = 60_000;
const HEIGHTS_AFTER_DEATH = 2;

export interface PlannedDeath {
  readonly node: number;
  readonly point: number;
  readonly losses: Losses;
  readonly downMs: number;
  /** All nodes lose power in that moment. */
  readonly all: boolean;
  /** The next process dies too, at this point of its start. */
  readonly again: number | undefined;
  /** A planted bug: log and sign state are gone afterwards. */
  readonly forgetful: boolean;
  /** A planted bug: no disk makes anything durable. */
  readonly lyingDisks: boolean;
}

export interface CrashOutcome {
  /** Undefined: it recovered, rejoined, and all agree. */
  readonly failure: string | undefined;
  readonly doubleSigns: number;
  /** The points of each node, where no death was planned. */
  readonly traces: readonly (readonly PointKind[])[];
}

/** Plays the script, with the death if one is planned, until all stand above it and the victim signs. */
export const playCrash = (node: number, death?: PlannedDeath): CrashOutcome =>
  new CrashScenario(node, death).run();

class CrashScenario implements MachineEvents {
  readonly #chain = chainOf(CRASH_NODES);
  readonly #time = new VirtualClock(1_700_000_000_000);
  readonly #reader = new FrameReader();
  readonly #checks = new Checks({ chain: this.#chain, culprits: new Set() });
  readonly #machines: readonly Machine[];
  readonly #victim: Machine;
  readonly #death: PlannedDeath | undefined;
  #deaths = 0;
  /** The victim has signed since its last start after the death. */
  #signedAgain = false;

  constructor(node: number, death: PlannedDeath | undefined) {
    this.#death = death;
    const hub = new MemoryHub({
      scheduler: this.#time,
      delayMs: (_from, _to, frame) => (isLost(frame) ? undefined : DELAY_MS),
    });
    const addresses = this.#chain.nodeIds.map((id, i) => `${id}@v${i}:1`);
    this.#machines = addresses.map(
      (address, index) =>
        new Machine({
          chain: this.#chain,
          index,
          address,
          peers: addresses.filter((_, other) => other !== index),
          time: this.#time,
          clock: new MachineClock(this.#time, { rate: 1, skewMs: 0 }),
          hub,
          newDisks: newDisksFor("whole"),
          reader: this.#reader,
          config: NODE_CONFIG,
          history: [],
          events: this,
        }),
    );
    const victim = this.#machines[node];
    invariant(victim !== undefined, `there is a node ${node}`);
    this.#victim = victim;
  }

  run(): CrashOutcome {
    for (const machine of this.#machines) {
      if (this.#death === undefined) machine.trace = [];
      machine.disks.lies = this.#death?.lyingDisks === true;
      machine.start(machine === this.#victim ? this.#death?.point : undefined);
    }
    for (const [from, atMs] of [20, 90, 160].entries()) {
      this.#time.startTimer(atMs, () => {
        const { node } = this.#machines[from] ?? {};
        node?.driver.submit(payment(this.#chain, { from, to: from + 4, outputs: 1 }));
      });
    }
    const failure = this.#play();
    const doubleSigns = this.#checks.violations.filter((what) => what.startsWith("double sign"));
    const traces = this.#machines.map(({ trace }) => trace ?? []);
    return { failure, doubleSigns: doubleSigns.length, traces };
  }

  signed(machine: Machine, request: SignRequest): void {
    if (machine === this.#victim && this.#deaths > 0) this.#signedAgain = true;
    this.#checks.signs(machine, request);
  }

  refused: MachineEvents["refused"] = (machine, reason) => this.#checks.refuses(machine, reason);

  committed: MachineEvents["committed"] = (machine, certified, head) =>
    this.#checks.commits(machine, certified, head);

  punished: MachineEvents["punished"] = (machine, peerId, reason) =>
    this.#checks.punishes(machine, peerId, reason);

  asked: MachineEvents["asked"] = () => undefined;

  logged: MachineEvents["logged"] = () => undefined;

  forked: MachineEvents["forked"] = (machine, found) => this.#checks.forks(machine, found);

  losses: MachineEvents["losses"] = () =>
    this.#death?.losses ?? { disk: "everything", batch: "lost" };

  stopped(machine: Machine, error: unknown): void {
    if (error !== undefined) return this.#checks.fails(machine, error, false);
    const again = machine === this.#victim && this.#deaths++ === 0 ? this.#death?.again : undefined;
    const downMs = (this.#death?.downMs ?? 0) + machine.options.index;
    this.#time.startTimer(downMs, () => {
      this.#signedAgain = false;
      this.#checks.resumes(machine);
      if (this.#death?.forgetful === true) machine.disks.renew();
      machine.start(again);
    });
    if (machine !== this.#victim || this.#deaths > 1 || this.#death?.all !== true) return;
    for (const other of this.#machines) if (other !== machine) other.crash();
  }

  /** Why the run failed, or undefined. */
  #play(): string | undefined {
    const { violations } = this.#checks;
    let target = CRASH_HEIGHTS;
    for (let isDone = false; !isDone; ) {
      if (violations.length > 0) return violations[0];
      if (!this.#time.next()) return "the event queue drained";
      const heights = this.#machines.map(({ height }) => height);
      if (this.#time.monotonicMs() > BOUND_MS) {
        const signed = this.#signedAgain ? "signs" : "has not signed";
        return `not at height ${target}, but at ${heights.join()}; the victim ${signed}`;
      }
      if (this.#deaths > 0 && target === CRASH_HEIGHTS) {
        target = Math.max(target, Math.max(...heights) + HEIGHTS_AFTER_DEATH);
      }
      const isBack = this.#death === undefined || this.#signedAgain;
      isDone = isBack && heights.every((height) => height >= target);
    }
    return undefined;
  }
}

function isLost(frame: Uint8Array | undefined): boolean {
  if (frame?.[0] !== PROPOSAL_BYTE) return false;
  const message = decodeFrame(frame);
  if (message.type !== "proposal") return false;
  const { height, round } = message.proposal.proposal;
  return round === 0 && FAILING_HEIGHTS.has(height);
}
