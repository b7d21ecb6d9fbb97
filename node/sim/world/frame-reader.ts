// Reads each frame once for all nodes of a run: a broadcast is the same bytes, in the same array, at every
// receiver (memory-transport.ts), and messages are never changed. What a Byzantine validator sends to one
// peer only is another array, and what does not decode is refused anew by each receiver. Bound: SLOTS.

import { decodeFrame, type Message } from "../../src/codec/frames.ts";
import { CodedError } from "../../src/types/errors.ts";

/** Frames that are on their way to several nodes at a time. */
const SLOTS = 32;

export class FrameReader {
  readonly #frames: (Uint8Array | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  readonly #messages: (Message | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  #next = 0;

  /** Undefined where it does not decode. */
  tryRead(frame: Uint8Array): Message | undefined {
    try {
      return this.read(frame);
    } catch (cause) {
      if (cause instanceof CodedError) return undefined;
      throw cause;
    }
  }

  /** As decodeFrame. */
  read(frame: Uint8Array): Message {
    const place = this.#frames.indexOf(frame);
    const known = place === -1 ? undefined : this.#messages[place];
    if (known !== undefined) return known;
    const message = decodeFrame(frame);
    this.#frames[this.#next] = frame;
    this.#messages[this.#next] = message;
    this.#next = (this.#next + 1) % SLOTS;
    return message;
  }
}
