// Joining by snapshot, second: the snapshot's block is proven from the trusted one down (trusted-links.ts). With
// its header each offered manifest is either true or false.

import type { Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import { headOfSnapshot } from "../../ledger/snapshot.ts";
import type { BlockHeader, CertifiedBlock, Height } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import type { ChainHead } from "../../types/ledger.ts";
import type { JoinedPeer, Offer, Question } from "./joined-peers.ts";
import { type JoinTools, MAX_WRITES, type Phase, RACE_MS } from "./phase.ts";
import { TakingChunks } from "./taking.ts";
import { TrustedLinks } from "./trusted-links.ts";

const QUESTION_MS = 5_000;
/** So long blocks below the snapshot's are waited for that no peer has. */
const OLDER_BLOCKS_MS = 10_000;
/** Where peers have another block than the trusted one, and none has that one for so long, it is the wrong one. */
const MISMATCH_MS = 20_000;

/** A snapshot that is true, and the head that it gives. */
export interface Chosen {
  readonly offer: Offer;
  readonly head: ChainHead;
}

export class ProvingBlock implements Phase {
  readonly maxHeight: Height;
  readonly #tools: JoinTools;
  readonly #links: TrustedLinks;
  /** When the last block was linked. */
  #linkedAtMs: number;
  /** What a peer has at the trusted height instead of the trusted block. */
  #theirHash: string | undefined;

  constructor(tools: JoinTools, snapshotHeight: Height) {
    const { trust, keepBlocks, clock } = tools;
    this.maxHeight = snapshotHeight;
    this.#tools = tools;
    this.#links = new TrustedLinks({ trust, snapshotHeight, keepBlocks });
    this.#linkedAtMs = clock.monotonicMs();
  }

  get state(): string {
    const { trust, peers } = this.#tools;
    const { wanted } = this.#links;
    const what = `proving block ${this.maxHeight} from block ${trust.height} down`;
    if (wanted === undefined) return what;
    const next = wanted.fromHeight + wanted.count - 1;
    if (!this.#links.isTrustMet && this.#theirHash !== undefined)
      return `${what}; peers have ${this.#theirHash} there, and none has the trusted block so far`;
    const { fromHeight } = wanted;
    const isThere = peers.all().some((peer) => mayHave(peer, fromHeight, next));
    return `${what}; ${isThere ? `block ${next} is next` : `no peer has blocks ${fromHeight} to ${next}`}`;
  }

  advance(): void {
    const { peers, writes, clock } = this.#tools;
    this.#doWithoutOlder();
    const { wanted } = this.#links;
    if (wanted === undefined) {
      this.#proven();
      return;
    }
    this.#refuseMismatch();
    const nowMs = clock.monotonicMs();
    const isAsked = peers
      .all()
      .some(({ open }) => open?.question.kind === "blocks" && nowMs - open.askedAtMs < RACE_MS);
    if (isAsked || writes() >= MAX_WRITES) return;
    const { fromHeight, count } = wanted;
    const from = peers.free().find((peer) => mayHave(peer, fromHeight, fromHeight + count - 1));
    if (from === undefined) return;
    const message = (requestId: number): Message => ({
      type: "getBlocks",
      request: { requestId, fromHeight, count },
    });
    peers.ask(from, { kind: "blocks", ...wanted }, { timeoutMs: QUESTION_MS, message });
  }

  blocksCame(
    from: JoinedPeer,
    { fromHeight, count }: Extract<Question, { readonly kind: "blocks" }>,
    blocks: readonly CertifiedBlock[],
  ): void {
    const { punish, peers, clock, sink, write, restart } = this.#tools;
    const fits = blocks.every(({ block }, i) => block.header.height === fromHeight + i);
    if (blocks.length > count || !fits) {
      punish(from.peer, "blocks of other heights than asked for");
      return;
    }
    if (blocks.length === 0) {
      peers.failed(from);
      return;
    }
    const links = this.#links;
    // Another peer that was asked for the same has been quicker.
    if (fromHeight + count - 1 !== links.next) return;
    const wasProven = links.snapshotHeader !== undefined;
    const outcome = links.take(blocks);
    if (outcome.kind === "otherTrusted") this.#otherTrusted(from, outcome.hash);
    if (outcome.kind === "otherTrusted" || outcome.kind === "short") return;
    // Also those above a false one: they are proven, and not asked for again.
    for (const block of outcome.kept) write((done) => sink.block(block, done));
    if (outcome.kind === "false") {
      punish(from.peer, outcome.reason);
      return;
    }
    from.failures = 0;
    this.#linkedAtMs = clock.monotonicMs();
    const { snapshotHeader } = links;
    if (!wasProven && snapshotHeader !== undefined && this.#best(snapshotHeader) === undefined)
      restart("none of the snapshots offered is true");
  }

  /** Peers that keep them may come yet: a single peer's claim must not take them away. */
  #doWithoutOlder(): void {
    const { peers, clock } = this.#tools;
    if (clock.monotonicMs() - this.#linkedAtMs < OLDER_BLOCKS_MS) return;
    const bases = peers.all().flatMap(({ claim }) => (claim === undefined ? [] : claim.baseHeight));
    if (bases.length > 0) this.#links.doWithoutBelow(Math.min(...bases));
  }

  #proven(): void {
    const { log, enter, restart } = this.#tools;
    const { snapshotHeader } = this.#links;
    const best = snapshotHeader === undefined ? undefined : this.#best(snapshotHeader);
    if (best === undefined) {
      restart("the peers that offered the snapshot are gone");
      return;
    }
    const { chunks, height } = best.offer.manifest;
    log.info({ height, chunks: chunks.length }, "joining by snapshot: taking its chunks");
    enter(new TakingChunks(this.#tools, best));
  }

  /**
   * The true snapshot that most of the preferred peers offer; who offers a false one pays for it. How a true one
   * is cut up stands under no hash, so there may be several (ledger/snapshot.ts).
   */
  #best(header: BlockHeader): Chosen | undefined {
    const { peers, punish } = this.#tools;
    const known = new Map<string, Chosen>();
    const offering: JoinedPeer[] = [];
    for (const one of peers.all()) {
      const { peer, offer } = one;
      if (typeof offer !== "object" || offer.manifest.height !== header.height) continue;
      if (!known.has(offer.key)) {
        const head = headOfSnapshot(offer.manifest, header);
        if (head.ok) known.set(offer.key, { offer, head: head.value });
        else punish(peer, `snapshot ${header.height}: ${head.reason}`);
      }
      if (known.has(offer.key)) offering.push(one);
    }
    const counts = new Map<string, number>();
    for (const { offer } of peers.preferred(offering))
      if (typeof offer === "object") counts.set(offer.key, (counts.get(offer.key) ?? 0) + 1);
    const [most] = [...counts].sort((a, b) => b[1] - a[1]);
    return most && known.get(most[0]);
  }

  /** Who is right, the peer or the operator? Others are asked. */
  #otherTrusted(from: JoinedPeer, hash: Uint8Array): void {
    const { log, trust } = this.#tools;
    const [trusted, theirs] = [toHex(trust.hash), toHex(hash)];
    from.disagrees = true;
    this.#theirHash = theirs;
    log.warn(
      { code: "TRUST_MISMATCH", peer: from.peer.id, height: trust.height, trusted, theirs },
      "a peer has another block at the trusted height",
    );
  }

  /** @throws CodedError TRUST_MISMATCH where peers have another block at the trusted height, and none has that one. */
  #refuseMismatch(): void {
    const { clock, trust, peers } = this.#tools;
    const theirs = this.#theirHash;
    const isSaid = peers.all().some(({ disagrees }) => disagrees);
    if (theirs === undefined || !isSaid || this.#links.isTrustMet) return;
    if (clock.monotonicMs() - this.#linkedAtMs < MISMATCH_MS) return;
    throw new CodedError(
      "TRUST_MISMATCH",
      `no peer has the trusted block ${toHex(trust.hash)} at height ${trust.height}; they have ${theirs}`,
    );
  }
}

const mayHave = ({ claim, disagrees }: JoinedPeer, first: Height, last: Height): boolean =>
  !disagrees && claim !== undefined && claim.height >= last && claim.baseHeight <= first;
