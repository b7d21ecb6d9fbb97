/**
 * What a caller may say with each verb of KubeHttp. Types only.
 */

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Of each attempt, answer included; of a watch until its headers. */
  readonly timeoutMs?: number;
  /** At most so many attempts of an idempotent call. */
  readonly attempts?: number;
}

export interface ListOptions extends CallOptions {
  /** Objects a page, 500 where absent. */
  readonly pageSize?: number;
}

export interface ApplyOptions extends CallOptions {
  readonly fieldManager: string;
  /** Take fields from other managers: on objects of one's own only. */
  readonly force?: boolean;
}

/** Destructive, so it names the very object that was looked at. */
export interface DeleteOptions extends CallOptions {
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly propagation?: "Background" | "Foreground" | "Orphan";
}

export interface WatchOptions extends CallOptions {
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
}
