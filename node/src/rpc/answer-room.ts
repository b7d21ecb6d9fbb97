// How many bytes of answers may wait to be sent: for one request, and for all together. Clients that ask
// for much and read nothing fill this room and no more memory; others are told RPC_BUSY meanwhile. Made
// by rpc-app.ts, which ends a request's part when its answer is out or its client has gone.

export interface AnswerLimits {
  /** Of one HTTP answer: a whole batch counts as one. */
  readonly maxAnswerBytes: number;
  readonly maxPendingBytes: number;
}

export const ANSWER_LIMITS: AnswerLimits = {
  maxAnswerBytes: 8 * 1024 * 1024,
  maxPendingBytes: 24 * 1024 * 1024,
};

/** The part of one request. */
export interface AnswerPart {
  /** Bytes may still be added, as far as all requests together go. */
  hasRoom(): boolean;
  /** False where the answer would become too large: nothing was added then. */
  add(sizeBytes: number): boolean;
  end(): void;
}

export class AnswerRoom {
  readonly #limits: AnswerLimits;
  #usedBytes = 0;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  open(): AnswerPart {
    const { maxAnswerBytes, maxPendingBytes } = this.#limits;
    let ownBytes = 0;
    return {
      hasRoom: () => this.#usedBytes < maxPendingBytes,
      add: (sizeBytes) => {
        if (ownBytes + sizeBytes > maxAnswerBytes) return false;
        ownBytes += sizeBytes;
        this.#usedBytes += sizeBytes;
        return true;
      },
      end: () => {
        this.#usedBytes -= ownBytes;
        ownBytes = 0;
      },
    };
  }
}
