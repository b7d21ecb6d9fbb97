// How a fresh node joins by snapshot, before its driver starts (docs/adr/0025). It asks peers for the newest
// snapshot below the block that its operator trusts. It fetches the blocks from there down to the snapshot's,
// each proven by the hash in the one above. Then the state root of the snapshot's block proves the manifest, and
// the manifest each chunk, whoever sends it. Nothing of a peer is trusted, and nothing is signed.
//
// No await: frames, timers and finished writes come one after the other, as in the driver. What is proven goes to
// the sink, which makes a database of it. Bound: one question open for each peer.

import { decodeFrame, type Message } from "../../codec/frames.ts";
import type { Peer, Timer, Transport } from "../../ports.ts";
import type { Height } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import type { ChainHead } from "../../types/ledger.ts";
import type { SnapshotManifest } from "../../types/snapshot.ts";
import { type Punish, penalties } from "../peers/penalties.ts";
import { Warnings } from "../peers/warnings.ts";
import { ChoosingSnapshot } from "./choosing.ts";
import { type JoinedPeer, JoinedPeers, offerOf, type Question } from "./joined-peers.ts";
import type { JoinTools, Phase, StateSyncOutcome } from "./phase.ts";

const TICK_MS = 250;
const PROGRESS_MS = 5_000;
const QUESTION_MS = 5_000;
const UNASKED_POINTS = 5;

export interface StateSyncParts
  extends Pick<JoinTools, "clock" | "log" | "metrics" | "trust" | "keepBlocks" | "sink"> {
  readonly transport: Transport;
  /** Whether it is a validator's node, as far as the genesis tells. */
  readonly isValidator: (peer: Peer) => boolean;
  readonly done: (outcome: StateSyncOutcome) => void;
  /** It cannot go on. */
  readonly failed: (error: unknown) => void;
}

export class StateSync {
  readonly #parts: StateSyncParts;
  readonly #peers: JoinedPeers;
  readonly #punish: Punish;
  readonly #warnings: Warnings;
  readonly #tools: JoinTools;
  /** Undefined: it has ended. */
  #phase: Phase | undefined;
  #saidAtMs: number;
  #writes = 0;
  #tick: Timer | undefined;

  constructor(parts: StateSyncParts) {
    this.#parts = parts;
    this.#peers = new JoinedPeers(parts);
    this.#warnings = new Warnings(parts);
    const punish = penalties({ ...parts, warnings: this.#warnings });
    this.#punish = (peer, reason) => {
      punish(peer, reason);
      // Its link ends later; it is asked nothing more.
      this.#lost(this.#peers.disconnected(peer.id));
    };
    this.#tools = {
      ...parts,
      peers: this.#peers,
      punish: this.#punish,
      writes: () => this.#writes,
      write: (write) => this.#write(write),
      enter: (phase) => {
        this.#phase = phase;
        phase.advance();
      },
      restart: (why) => this.#restart(why),
      finish: (head) => this.#finish(head),
      end: (outcome) => {
        this.stop();
        parts.done(outcome);
      },
    };
    this.#phase = new ChoosingSnapshot(this.#tools);
    this.#saidAtMs = parts.clock.monotonicMs();
  }

  /** What it does or waits for, in words. */
  get state(): string {
    return this.#phase?.state ?? "writing the last of it";
  }

  start(): void {
    this.#parts.transport.start({
      connected: (peer) => this.#guard(() => this.#peers.connected(peer)),
      disconnected: (peer) => this.#guard(() => this.#lost(this.#peers.disconnected(peer.id))),
      frame: (peer, frame) => this.#guard(() => this.#frame(peer, frame)),
    });
    this.#startTick();
  }

  /** Asks nothing more, and heeds nothing more. */
  stop(): void {
    this.#phase = undefined;
    this.#tick?.cancel();
  }

  /** Runs one input, then asks what is to be asked. */
  #guard(input: () => void): void {
    if (this.#phase === undefined) return;
    try {
      input();
      this.#advance();
    } catch (error) {
      this.stop();
      this.#parts.failed(error);
    }
  }

  #startTick(): void {
    this.#tick = this.#parts.clock.startTimer(TICK_MS, () => {
      this.#guard(() => {
        this.#warnings.check();
        this.#tell();
      });
      if (this.#phase !== undefined) this.#startTick();
    });
  }

  #frame(peer: Peer, frame: Uint8Array): void {
    const from = this.#peers.get(peer.id);
    const message = from && this.#decode(peer, frame);
    if (from === undefined || message === undefined) return;
    switch (message.type) {
      case "status":
        from.claim = message.status;
        return;
      case "snapshot": {
        const asked = this.#answers(from, "snapshot", message.requestId);
        if (asked?.kind === "snapshot") this.#offered(from, asked.maxHeight, message.manifest);
        return;
      }
      case "blocks": {
        const asked = this.#answers(from, "blocks", message.requestId);
        if (asked?.kind === "blocks") this.#phase?.blocksCame?.(from, asked, message.blocks);
        return;
      }
      case "snapshotChunk": {
        const asked = this.#answers(from, "chunk", message.requestId);
        if (asked?.kind === "chunk") this.#phase?.chunkCame?.(from, asked, message.records);
        return;
      }
      default:
        // Pings among them: the driver will answer, and until then the other side measures nothing.
        return;
    }
  }

  #offered(from: JoinedPeer, maxHeight: Height, manifest: SnapshotManifest | undefined): void {
    // No block has such a height, or nobody asked for it: proving it would be in vain.
    if (manifest !== undefined && (manifest.height < 1 || manifest.height > maxHeight))
      this.#punish(from.peer, `offers snapshot ${manifest.height}, asked for 1 to ${maxHeight}`);
    else from.offer = manifest === undefined ? "none" : offerOf(manifest);
  }

  /** The question that this answers. What was not asked for, or comes too late, costs its sender a little. */
  #answers(from: JoinedPeer, kind: Question["kind"], requestId: number): Question | undefined {
    const question = this.#peers.answered(from, kind, requestId);
    if (question === undefined)
      this.#parts.transport.penalise(from.peer.id, UNASKED_POINTS, "answers to no open question");
    return question;
  }

  #decode(peer: Peer, frame: Uint8Array): Message | undefined {
    try {
      return decodeFrame(frame);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#punish(peer, `${error.code}: ${error.message}`);
      return undefined;
    }
  }

  /** A question that will not be answered. */
  #lost(question: Question | undefined): void {
    if (question?.kind === "chunk") this.#phase?.chunkLost?.(question);
  }

  #advance(): void {
    for (const question of this.#peers.overdue()) this.#lost(question);
    const maxHeight = this.#phase?.maxHeight;
    if (maxHeight !== undefined) this.#askForOffers(maxHeight);
    this.#phase?.advance();
  }

  /** Of everybody who has not said yet which snapshot it has; a newcomer may have the one that is being taken. */
  #askForOffers(maxHeight: number): void {
    for (const peer of this.#peers.free()) {
      if (peer.offer !== undefined) continue;
      const message = (requestId: number): Message => ({
        type: "getSnapshot",
        requestId,
        maxHeight,
      });
      this.#peers.ask(peer, { kind: "snapshot", maxHeight }, { timeoutMs: QUESTION_MS, message });
    }
  }

  #write(write: (done: (error?: Error) => void) => void): void {
    this.#writes++;
    write((error) =>
      this.#guard(() => {
        this.#writes--;
        if (error !== undefined) throw error;
      }),
    );
  }

  #restart(why: string): void {
    this.#parts.log.warn({ why }, "joining by snapshot begins again");
    this.#peers.forgetOffers();
    this.#phase = new ChoosingSnapshot(this.#tools);
    this.#write((done) => this.#parts.sink.reset(done));
  }

  #finish(head: ChainHead): void {
    this.stop();
    this.#parts.sink.finish(head, (error) => {
      if (error === undefined) this.#parts.done("restored");
      else this.#parts.failed(error);
    });
  }

  /** From time to time: what it does and what it waits for. */
  #tell(): void {
    const { clock, log } = this.#parts;
    if (clock.monotonicMs() - this.#saidAtMs < PROGRESS_MS) return;
    this.#saidAtMs = clock.monotonicMs();
    log.info({ peers: this.#peers.all().length }, `joining by snapshot: ${this.state}`);
  }
}
