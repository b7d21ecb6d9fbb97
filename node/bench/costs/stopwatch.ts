// How the measuring tools take a figure on a machine that others use too: CPU time of this process, or the
// best of several rounds. Called by the files beside it.

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** CPU time of this process, all its threads, for one of `count` calls: the least of `rounds` rounds. */
export async function cpuUsOf(
  count: number,
  work: (i: number) => unknown,
  rounds = 5,
): Promise<number> {
  let leastUs = Infinity;
  for (let round = 0; round < rounds; round++) {
    const fromUs = cpuUs();
    for (let i = 0; i < count; i++) {
      const pending = work(i);
      if (pending instanceof Promise) await pending;
    }
    leastUs = Math.min(leastUs, (cpuUs() - fromUs) / count);
  }
  return leastUs;
}

/**
 * CPU time of a call, the least of `rounds` rounds of `count` each, and the wall time beyond it: that of
 * the fastest quarter, as others use the disk, too.
 */
export async function cpuAndWaitOf(
  { count, rounds = 1 }: { readonly count: number; readonly rounds?: number },
  work: (i: number) => unknown,
): Promise<{ readonly us: number; readonly waitMs: number }> {
  const tookMs: number[] = [];
  let us = Infinity;
  for (let round = 0; round < rounds; round++) {
    const fromUs = cpuUs();
    for (let i = 0; i < count; i++) {
      const fromMs = performance.now();
      await work(round * count + i);
      tookMs.push(performance.now() - fromMs);
    }
    us = Math.min(us, (cpuUs() - fromUs) / count);
  }
  const wallMs = tookMs.sort((a, b) => a - b)[tookMs.length >> 2] ?? 0;
  return { us: rounded(us), waitMs: rounded(Math.max(0, wallMs - us / 1_000)) };
}

/** To three digits: more are noise. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
