// SIGINT, SIGTERM and SIGHUP as two abort signals: the first one ends things in order, a second one
// at once. Output that nobody reads any more (`| head`, a closed terminal) counts as a first one.

export interface StopSignals {
  readonly stop: AbortSignal;
  readonly now: AbortSignal;
  /** Gives the signals back to the process. */
  release(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

export function stopOnSignals(): StopSignals {
  const [stop, now] = [new AbortController(), new AbortController()];
  const onSignal = (): void => {
    if (stop.signal.aborted) now.abort();
    else stop.abort();
  };
  const onOutputGone = (): void => stop.abort();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.stdout.on("error", onOutputGone);
  return {
    stop: stop.signal,
    now: now.signal,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.stdout.off("error", onOutputGone);
    },
  };
}
