/**
 * Faults that a real API server will not produce on demand. A test injects one for the next calls that
 * match, so many times; the server asks here before and after it serves.
 */

export type Verb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "replace"
  | "apply"
  | "patch"
  | "delete"
  | "evict";

export type Fault =
  /** Answer with this status and do nothing. */
  | {
      readonly type: "status";
      readonly status: number;
      readonly reason: string;
      readonly retryAfterSeconds?: number;
      readonly details?: { readonly [field: string]: unknown };
    }
  /** TCP reset before anything is done; a watch: after so many events. */
  | { readonly type: "reset"; readonly afterEvents?: number }
  /** The write is done, its answer lost in a TCP reset. */
  | { readonly type: "resetAfterWrite" }
  /** No answer at all, not even headers. */
  | { readonly type: "hang" }
  /** A watch whose headers arrive and nothing after them. */
  | { readonly type: "stall" }
  /** A watch that answers with an ERROR line of 410. */
  | { readonly type: "gone" }
  /** A watch that the server closes properly after so many events. */
  | { readonly type: "close"; readonly afterEvents: number }
  /** The body in pieces of so many bytes, each as soon as the socket has taken the last. */
  | { readonly type: "pieces"; readonly sizeBytes: number }
  /** The first half of the body, then silence with the connection open. */
  | { readonly type: "halfBody" }
  /** A proxy's page instead of JSON. */
  | { readonly type: "page"; readonly body: string };

export interface FaultMatch {
  readonly verb?: Verb;
  readonly path?: RegExp;
  /** How many matching calls it hits; once by default. */
  readonly times?: number;
}

export class FaultPlan {
  #entries: { readonly match: FaultMatch; readonly fault: Fault; left: number }[] = [];

  inject(match: FaultMatch, fault: Fault): void {
    this.#entries.push({ match, fault, left: match.times ?? 1 });
  }

  clear(): void {
    this.#entries = [];
  }

  /** The fault of this call, used up by it. */
  take(verb: Verb, path: string): Fault | undefined {
    const entry = this.#entries.find(
      ({ match, left }) =>
        left > 0 &&
        (match.verb === undefined || match.verb === verb) &&
        (match.path === undefined || match.path.test(path)),
    );
    if (entry === undefined) return undefined;
    entry.left--;
    return entry.fault;
  }
}
