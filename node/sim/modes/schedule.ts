// Puts the faults of a plan on the virtual clock. Called once by each run, before it begins.

import type { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { invariant } from "../../src/types/errors.ts";
import { type FaultPlan, isApart, type Partition } from "../faults/plan.ts";
import { type Chain, payment } from "../world/chain.ts";
import type { Links } from "../world/links.ts";
import type { Machine } from "../world/machine.ts";

interface World {
  readonly chain: Chain;
  readonly time: VirtualClock;
  readonly links: Links;
  readonly machines: readonly Machine[];
  /** Machines whose disk is in trouble, or was since their process started. */
  readonly troubled: Set<Machine>;
  /** A machine loses all of its disk. */
  readonly wiped: (machine: Machine) => void;
  readonly heal: () => void;
}

export function schedule(plan: FaultPlan, world: World): void {
  const { chain, time, machines, troubled } = world;
  const at = (atMs: number, act: () => void) => time.startTimer(atMs, act);
  const on = (place: number): Machine => {
    const machine = machines[place];
    invariant(machine !== undefined, `there is a machine ${place}`);
    return machine;
  };
  for (const { machine, atMs, afterPoints } of plan.deaths) {
    at(atMs, () => on(machine).gate.dieAt(on(machine).gate.passed + afterPoints));
  }
  for (const atMs of plan.powerLossesAtMs) {
    at(atMs, () => machines.forEach((machine) => machine.crash()));
  }
  for (const { atMs, a, b } of plan.cuts) at(atMs, () => on(a).cut(on(b).id));
  for (const { machine, fromMs, toMs, trouble } of plan.troubles) {
    at(fromMs, () => {
      on(machine).disks.trouble = trouble;
      troubled.add(on(machine));
    });
    at(toMs, () => {
      on(machine).disks.trouble = undefined;
    });
  }
  for (const { machine, atMs } of plan.wipes) at(atMs, () => world.wiped(on(machine)));
  for (const { machine, atMs } of plan.forgets) {
    at(atMs, () => {
      on(machine).crash();
      on(machine).disks.renew();
    });
  }
  for (const { machine, atMs, byMs } of plan.jumps) {
    at(atMs, () => on(machine).options.clock.jump(byMs));
  }
  for (const { machine, atMs, ...spend } of plan.payments) {
    at(atMs, () => on(machine).node?.driver.submit(payment(chain, spend)));
  }
  for (const partition of plan.partitions) {
    at(partition.fromMs, () => begin(partition, world));
    at(partition.toMs, () => world.links.end(partition));
  }
  at(plan.healAtMs, world.heal);
}

function begin(partition: Partition, { links, machines }: World): void {
  links.begin(partition);
  if (!partition.breaksLinks) return;
  for (const a of machines) {
    for (const b of machines) {
      if (isApart(partition, a.options.index, b.options.index)) a.cut(b.id);
    }
  }
}
