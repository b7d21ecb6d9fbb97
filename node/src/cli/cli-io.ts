// All that time-cli touches of the world, so that a test runs the whole program in memory.

export interface CliIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** A payment is at a node, or may be: to be said even where standard output cannot be written. */
  readonly handedOver: (txid: string) => void;
  readonly fetch: typeof fetch;
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
  readonly nowMs: () => number;
  readonly pause: (delayMs: number) => Promise<void>;
}

/** Options that every command has. */
export interface GlobalOptions {
  readonly rpcUrl: string;
  readonly json: boolean;
}
