// Who gets what: consensus messages go to the validators' links, what everybody needs (own height,
// transactions) to all. A frame is encoded once, however many links take it.

import { encodeFrame, type Message } from "../../codec/frames.ts";
import type { Metrics, Transport } from "../../ports.ts";
import { OpenQuestions } from "./open-questions.ts";
import type { PeerBook } from "./peer-book.ts";

export class Outbound {
  /** What peers have been asked. */
  readonly questions = new OpenQuestions();
  readonly #transport: Transport;
  readonly #peers: PeerBook;
  readonly #metrics: Metrics;

  constructor(transport: Transport, peers: PeerBook, metrics: Metrics) {
    this.#transport = transport;
    this.#peers = peers;
    this.#metrics = metrics;
  }

  /** False where the peer is gone or its buffer full. */
  to(peerId: string, message: Message): boolean {
    return this.measured(peerId, message) > 0;
  }

  /** The bytes that the link took; 0 where the peer is gone or its buffer full. */
  measured(peerId: string, message: Message): number {
    const frame = encodeFrame(message);
    if (!this.#send(peerId, frame, message.type)) return 0;
    this.questions.asked(peerId, message);
    return frame.length;
  }

  toValidators(message: Message): void {
    const frame = encodeFrame(message);
    for (const { peer } of this.#peers.validators()) this.#send(peer.id, frame, message.type);
  }

  toAll(message: Message): void {
    const frame = encodeFrame(message);
    for (const { peer } of this.#peers.all()) this.#send(peer.id, frame, message.type);
  }

  #send(peerId: string, frame: Uint8Array, type: string): boolean {
    const sent = this.#transport.send(peerId, frame);
    if (sent) {
      this.#metrics.count("p2p_messages_total", { direction: "out", type });
      this.#metrics.count("p2p_bytes_total", { direction: "out", type }, frame.length);
    } else this.#metrics.count("p2p_dropped_total", { reason: "sendBuffer" });
    return sent;
  }
}
