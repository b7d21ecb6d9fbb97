// The double-sign guard's rule, pure: what may be signed after what was signed last. The file signer and
// its twin in memory both ask it, so the simulator proves the rule that the daemon runs.

import { equalBytes } from "../codec/bytes.ts";
import type { SignRequest, SignResult } from "../ports.ts";

/** The last signature that this key gave, or may have given. */
export interface SignedPlace extends SignRequest {
  readonly signature: Uint8Array;
}

/** sign: nothing stands against it; otherwise the whole answer, a stored signature or a refusal. */
export type GuardVerdict =
  | { readonly sign: true }
  | { readonly sign: false; readonly result: SignResult };

/**
 * Judges a request.
 * @param minHeight nothing is signed at or below this height, whatever was signed before.
 */
export function guardSigning(
  last: SignedPlace | undefined,
  minHeight: number,
  request: SignRequest,
): GuardVerdict {
  if (request.height <= minHeight) {
    return refuse(
      "SIGN_REGRESSION",
      `${placeOf(request)} is not above the floor, height ${minHeight}`,
    );
  }
  if (last === undefined) return { sign: true };
  const order = comparePlaces(request, last);
  if (order > 0) return { sign: true };
  if (order < 0) {
    return refuse(
      "SIGN_REGRESSION",
      `${placeOf(request)} is before ${placeOf(last)}, the last one signed`,
    );
  }
  return equalBytes(request.signBytes, last.signBytes)
    ? { sign: false, result: { ok: true, signature: last.signature } }
    : refuse("SIGN_CONFLICT", `other bytes were signed at ${placeOf(last)}`);
}

function comparePlaces(a: SignRequest, b: SignRequest): number {
  return a.height - b.height || a.round - b.round || a.step - b.step;
}

const placeOf = ({ height, round, step }: SignRequest): string =>
  `height ${height}, round ${round}, step ${step}`;

function refuse(code: "SIGN_REGRESSION" | "SIGN_CONFLICT", reason: string): GuardVerdict {
  return { sign: false, result: { ok: false, code, reason } };
}
