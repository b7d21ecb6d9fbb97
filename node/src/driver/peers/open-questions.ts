// Answers are read only where a question is open: blocks, transactions and pongs that nobody asked for cost
// nothing but their first byte. Noted by Outbound for each question that a link took; asked by the intake.
//
// Bound: MAX_OPEN questions of a kind for each peer are remembered.

import type { Message, MessageType } from "../../codec/frames.ts";

const MAX_OPEN = 32;

/** The answer that each question brings. */
const ANSWERS = {
  getBlocks: "blocks",
  getTxs: "txs",
  getBlockTxs: "blockTxs",
  getSnapshot: "snapshot",
  getSnapshotChunk: "snapshotChunk",
  ping: "pong",
} as const satisfies Partial<Record<MessageType, MessageType>>;

const ANSWER_TYPES: ReadonlySet<MessageType | undefined> = new Set(Object.values(ANSWERS));

export const isAnswer = (type: MessageType | undefined): type is MessageType =>
  ANSWER_TYPES.has(type);

const answerTo = ({ type }: Message): MessageType | undefined =>
  Object.hasOwn(ANSWERS, type) ? ANSWERS[type as keyof typeof ANSWERS] : undefined;

export class OpenQuestions {
  /** By peer and type of the answer. */
  readonly #open = new Map<string, Map<MessageType, number>>();

  /** A peer was sent this. */
  asked(peerId: string, message: Message): void {
    const type = answerTo(message);
    if (type === undefined) return;
    const ofPeer = this.#open.get(peerId) ?? new Map<MessageType, number>();
    ofPeer.set(type, Math.min(MAX_OPEN, (ofPeer.get(type) ?? 0) + 1));
    this.#open.set(peerId, ofPeer);
  }

  /** Whether an answer of this type was asked for; it closes one question. */
  answered(peerId: string, type: MessageType): boolean {
    const ofPeer = this.#open.get(peerId);
    const open = ofPeer?.get(type) ?? 0;
    if (open > 0) ofPeer?.set(type, open - 1);
    return open > 0;
  }

  disconnected(peerId: string): void {
    this.#open.delete(peerId);
  }
}
