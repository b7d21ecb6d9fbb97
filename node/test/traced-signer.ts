// A signer of a test node: a point at which the node can die before and after each write of its state, and
// somebody who hears of every signature.

import type { LastingSigner, SignRequest } from "../src/ports.ts";

export interface SignerTrace {
  readonly point: () => void;
  readonly signed: (request: SignRequest) => void;
}

export const tracedSigner = (signer: LastingSigner, trace: SignerTrace): LastingSigner => ({
  publicKey: signer.publicKey,
  get minHeight() {
    return signer.minHeight;
  },
  get last() {
    return signer.last;
  },
  get isLost() {
    return signer.isLost;
  },
  forget(height) {
    trace.point();
    signer.forget(height);
    trace.point();
  },
  sign(request) {
    trace.point();
    const result = signer.sign(request);
    if (result.ok) trace.signed(request);
    trace.point();
    return result;
  },
});
