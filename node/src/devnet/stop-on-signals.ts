// SIGINT and SIGTERM as two abort signals: the first ends things in order, the second at once.

export interface StopSignals {
  readonly stop: AbortSignal;
  readonly now: AbortSignal;
  /** Gives the signals back to the process. */
  release(): void;
}

export function stopOnSignals(): StopSignals {
  const [stop, now] = [new AbortController(), new AbortController()];
  const onSignal = (): void => {
    if (stop.signal.aborted) now.abort();
    else stop.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    stop: stop.signal,
    now: now.signal,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
