// The simulated signer: the guard of the Signer port over fake signatures. Its state is durable, so a
// crash does not reset it. A guarded signer refuses what honest nodes must never sign; what was asked
// is reported first, as an honest core must not even ask. Byzantine nodes sign without the guard.

import { equalBytes } from "../../src/codec/bytes.ts";
import type { Signer, SignRequest, SignResult } from "../../src/ports.ts";
import { fakeSign } from "../world/keyring.ts";

export type ConflictReport = (request: SignRequest) => void;

export class SimSigner implements Signer {
  readonly publicKey: Uint8Array;
  private readonly guarded: boolean;
  private readonly onConflict: ConflictReport;
  private last: SignRequest | undefined;
  private lastSignature: Uint8Array | undefined;

  constructor(publicKey: Uint8Array, guarded: boolean, onConflict: ConflictReport) {
    this.publicKey = publicKey;
    this.guarded = guarded;
    this.onConflict = onConflict;
  }

  /** The sign state is lost: a planted bug. */
  forget(): void {
    this.last = undefined;
    this.lastSignature = undefined;
  }

  sign(request: SignRequest): SignResult {
    const { last, lastSignature } = this;
    if (this.guarded && last !== undefined && lastSignature !== undefined) {
      const order = placeOrder(request, last);
      if (order < 0) return { ok: false, code: "SIGN_REGRESSION", reason: "earlier place" };
      if (order === 0 && equalBytes(request.signBytes, last.signBytes)) {
        return { ok: true, signature: lastSignature };
      }
      if (order === 0) {
        this.onConflict(request);
        return { ok: false, code: "SIGN_CONFLICT", reason: "other bytes at the same place" };
      }
    }
    const signature = fakeSign(request.signBytes, this.publicKey);
    this.last = request;
    this.lastSignature = signature;
    return { ok: true, signature };
  }
}

const placeOrder = (a: SignRequest, b: SignRequest): number =>
  a.height - b.height || a.round - b.round || a.step - b.step;
