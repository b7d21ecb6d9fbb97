// One row of the error catalogue.

/** What a code means, and the operator's next step. */
export interface ErrorEntry {
  readonly meaning: string;
  readonly action: string;
}

export const entry = (meaning: string, action: string): ErrorEntry => ({ meaning, action });
