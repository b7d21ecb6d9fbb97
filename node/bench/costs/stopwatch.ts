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

/** CPU time and median wall time of one of `count` calls. */
export async function cpuAndWaitOf(
  count: number,
  work: (i: number) => unknown,
): Promise<{ readonly us: number; readonly waitMs: number }> {
  const tookMs: number[] = [];
  const fromUs = cpuUs();
  for (let i = 0; i < count; i++) {
    const fromMs = performance.now();
    await work(i);
    tookMs.push(performance.now() - fromMs);
  }
  const us = (cpuUs() - fromUs) / count;
  const medianMs = tookMs.sort((a, b) => a - b)[count >> 1] ?? 0;
  return { us: rounded(us), waitMs: rounded(Math.max(0, medianMs - us / 1_000)) };
}

/** To three digits: more are noise. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
