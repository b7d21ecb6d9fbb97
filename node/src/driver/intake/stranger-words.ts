// What peers that are no validators say in validators' names. Consensus takes nothing of it (voter-links.ts). But
// an honest follower shows what it has verified itself, so what does not verify was forged by who sent it: that
// costs the link. Looked at is one frame of each link in EVERY_MS, within the strangers' share of work: the rest
// is dropped by its first byte. The first one comes EVERY_MS after a link began with it: a forger that is banned
// at once is back at once with another key, and a handshake costs more than all that it sends meanwhile. Only what is signed and small is looked at, of heights whose validators are known.
// Called by work-order.ts (which frame) and by the inbound gate (what it says).

import type { Message, MessageType } from "../../codec/frames.ts";
import type { Clock, Peer } from "../../ports.ts";
import type { Certificate, Height } from "../../types/chain.ts";
import type { ChainState } from "../chain/chain-state.ts";
import {
  type Refusal,
  refuseCertificate,
  refuseRoundCertificate,
  refuseVote,
  type VerifyContext,
} from "../chain/verify-message.ts";
import { isRefused, type Punish } from "../peers/penalties.ts";

export const EVERY_MS = 5_000;

const LOOKED_AT = [
  "vote",
  "certificate",
  "roundCertificate",
] as const satisfies readonly MessageType[];
const IS_LOOKED_AT: ReadonlySet<MessageType | undefined> = new Set(LOOKED_AT);

type Word = Extract<Message, { readonly type: (typeof LOOKED_AT)[number] }>;

export const isWord = (message: Message): message is Word => IS_LOOKED_AT.has(message.type);

/** Which frames are looked at. Forgets a peer with its link. */
export class WordSamples {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #lastAtMs = new Map<string, number>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  takes(peerId: string, type: MessageType | undefined): boolean {
    if (!IS_LOOKED_AT.has(type)) return false;
    const nowMs = this.#clock.monotonicMs();
    const lastAtMs = this.#lastAtMs.get(peerId);
    if (lastAtMs !== undefined && nowMs - lastAtMs < EVERY_MS) return false;
    this.#lastAtMs.set(peerId, nowMs);
    return lastAtMs !== undefined;
  }

  disconnected(peerId: string): void {
    this.#lastAtMs.delete(peerId);
  }
}

export interface StrangerWordsParts {
  readonly chain: ChainState;
  /** A certificate that stands, of a height that is decided. */
  readonly past: (peer: Peer, certificate: Certificate) => void;
  readonly punish: Punish;
}

/** Punishes the sender of what is forged. What stands is not used, but where it shows another block than ours. */
export function judgeWord(parts: StrangerWordsParts, peer: Peer, word: Word): void {
  const { chain, past, punish } = parts;
  const { height } = word.type === "vote" ? word.vote : word.certificate;
  const context = contextOf(chain, height);
  if (context === undefined || isRefused(punish, peer, refusalOf(context, word))) return;
  if (word.type === "certificate" && height <= chain.head.height) past(peer, word.certificate);
}

function refusalOf(context: VerifyContext, word: Word): Refusal {
  if (word.type === "vote") return refuseVote(context, word.vote);
  if (word.type === "certificate") return refuseCertificate(context, word.certificate);
  return refuseRoundCertificate(context, word.certificate);
}

/** Of a height that is too old, or not reached yet, nobody can tell here. */
function contextOf(chain: ChainState, height: Height): VerifyContext | undefined {
  const { head, evidenceAgeBlocks } = chain;
  if (height < 1 || height <= head.height - evidenceAgeBlocks) return undefined;
  if (height === head.height + 1) return chain.verifyContext;
  return height <= head.height ? chain.contextAt(height) : undefined;
}
