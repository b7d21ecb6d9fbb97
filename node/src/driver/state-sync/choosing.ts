// Joining by snapshot, first: which one? The highest below the trusted block, once the peers had time to answer;
// of validators, where any of them offers one. What they offer is not looked at before the header of its block is
// proven.

import type { JoinTools, Phase } from "./phase.ts";
import { ProvingBlock } from "./proving.ts";

/** So long the peers that have not answered yet may hold up the choice. */
const OFFERS_MS = 2_000;
/** Peers that have none are asked again after so long. */
const ASK_AGAIN_MS = 5_000;
/** So long peers that never answer may hold up the search where the others have none. */
const SILENCE_MS = 20_000;
/** Where no peer has a snapshot for so long, and peers keep all blocks, the node follows from block 1. */
const NO_SNAPSHOT_MS = 10_000;

export class ChoosingSnapshot implements Phase {
  readonly #tools: JoinTools;
  /** Since when there are peers to choose from. */
  #sinceMs: number;
  #askedAtMs: number;

  constructor(tools: JoinTools) {
    this.#tools = tools;
    this.#sinceMs = tools.clock.monotonicMs();
    this.#askedAtMs = this.#sinceMs;
  }

  get maxHeight(): number {
    return this.#tools.trust.height - 1;
  }

  get state(): string {
    const { peers, trust } = this.#tools;
    return peers.all().length === 0
      ? "no peer is linked yet"
      : `no peer has offered a snapshot below block ${trust.height} yet: they have made none so far, or only newer ones; then give a newer trusted block`;
  }

  advance(): void {
    const { clock, trust, log, enter } = this.#tools;
    const peers = this.#tools.peers.all();
    const nowMs = clock.monotonicMs();
    if (peers.length === 0) this.#sinceMs = nowMs;
    const waitedMs = nowMs - this.#sinceMs;
    const serving = peers.filter(({ offer, disagrees }) => typeof offer === "object" && !disagrees);
    const heights = this.#tools.peers
      .preferred(serving)
      .flatMap(({ offer }) => (typeof offer === "object" ? [offer.manifest.height] : []));
    const isAnswered = peers.every(({ offer }) => offer !== undefined);
    if (heights.length === 0) {
      const isSaid = peers.some(({ offer }) => offer === "none");
      if (isSaid && (isAnswered || waitedMs >= SILENCE_MS)) this.#nobody(waitedMs);
    } else if (isAnswered || waitedMs >= OFFERS_MS) {
      const height = Math.max(...heights);
      log.info({ height, trusted: trust.height }, "joining by snapshot: proving its block");
      enter(new ProvingBlock(this.#tools, height));
    }
  }

  /** Nobody has one. */
  #nobody(waitedMs: number): void {
    const { clock, log, trust, peers, end } = this.#tools;
    const nowMs = clock.monotonicMs();
    const keepsAll = peers
      .all()
      .some(({ claim }) => claim?.baseHeight === 1 && claim.height >= trust.height);
    if (waitedMs >= NO_SNAPSHOT_MS && keepsAll) {
      log.warn(
        { trusted: trust.height, peers: peers.all().length },
        "no peer has a snapshot below the trusted block: following from block 1",
      );
      end("none");
    } else if (nowMs - this.#askedAtMs >= ASK_AGAIN_MS) {
      this.#askedAtMs = nowMs;
      peers.forgetOffers();
    }
  }
}
