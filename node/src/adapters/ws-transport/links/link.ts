// One authenticated link: a WebSocket over TLS whose hello is verified. It orders what is sent (outbox),
// slows a peer that sends too fast (the socket waits, TCP pushes back), notices a peer that does not
// read, and ends exactly once with one reason. The link table owns it; nothing is delivered after end.

import type { TLSSocket } from "node:tls";
import type { RawData, WebSocket } from "ws";
import { equalBytes } from "../../../codec/bytes.ts";
import type { Clock, Timer } from "../../../ports.ts";
import { MAX_FRAME_BYTES } from "../../../types/limits.ts";
import { TokenBucket } from "../../../types/token-bucket.ts";
import {
  type CloseReason,
  type LinkEnd,
  reasonOf,
  reasonOfError,
  wireCode,
} from "../close-code.ts";
import type { Hello } from "../handshake/hello.ts";
import type { IpGroups } from "../ip-groups.ts";
import { FRAME_COST_BYTES, type PeerLimits } from "../limits.ts";
import { Outbox } from "./outbox.ts";
import type { WorkShare } from "./stranger-work.ts";

/** What the hello exchange found: an open socket and who is behind it. */
export interface Channel {
  readonly ws: WebSocket;
  readonly socket: TLSSocket;
  readonly peerId: string;
  readonly nodeKey: Uint8Array;
  /** This node dialled. */
  readonly outbound: boolean;
  readonly ip: IpGroups;
  /** "nodeId@ip:port" of the other end of the socket. */
  readonly remoteAddress: string;
  /** The address that was dialled; undefined where the peer dialled. */
  readonly dialledAddress: string | undefined;
  readonly hello: Hello;
}

/** Points of what breaks the rules of the link; isolation.ts says what they lead to. */
const MALFORMED_POINTS = 50;
const CONTROL_POINTS = 1;
const SLOW_POINTS = 20;

export interface LinkEvents {
  frame(link: Link, frame: Uint8Array): void;
  ended(link: Link, reason: LinkEnd): void;
  /** It broke a rule that no honest peer breaks, or lets us wait; `points` say how bad that is. */
  misbehaved(link: Link, points: number, reason: string): void;
}

export interface LinkParts {
  readonly clock: Clock;
  readonly limits: PeerLimits;
  readonly events: LinkEvents;
  readonly work: WorkShare;
  /** A validator of the chain or a configured peer: its frames never wait. */
  readonly isProtected: () => boolean;
}

/** Blocks, snapshots and their chunks: this node asked for them, and what it did not ask for costs little. */
const ANSWERS: ReadonlySet<number | undefined> = new Set([0x22, 0x24, 0x26]);
/** Honest peers do not send so many frames at once. */
const MAX_HELD_FRAMES = 1_000;
/** So many may wait for free: an honest peer waits for answers, or sends a few each second. */
const FREE_HELD_FRAMES = 64;
const FRAMES_A_POINT = 10;

export class Link {
  readonly channel: Channel;
  readonly #clock: Clock;
  readonly #limits: PeerLimits;
  readonly #events: LinkEvents;
  readonly #outbox: Outbox;
  readonly #budget: TokenBucket;
  readonly #work: WorkShare;
  readonly #isProtected: () => boolean;
  /** Frames that wait because their sender has used up its share of work; the socket is paused. */
  #held: Uint8Array[] = [];
  #workTimer: Timer | undefined;
  #resumeTimer: Timer | undefined;
  #graceTimer: Timer | undefined;
  #progress = { writes: 0, atMs: 0 };
  /** Given once; what the other side says afterwards does not change it. */
  #reason: CloseReason | undefined;
  #ended = false;
  #closeWhenFlushed = false;

  constructor(channel: Channel, parts: LinkParts) {
    this.channel = channel;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#events = parts.events;
    this.#work = parts.work;
    this.#isProtected = parts.isProtected;
    const nowMs = this.#clock.monotonicMs();
    this.#progress.atMs = nowMs;
    this.#outbox = new Outbox(
      {
        write: (fragment, last, taken) => {
          channel.ws.send(fragment, { binary: true, fin: last }, () => {
            taken();
            if (this.#closeWhenFlushed && this.#outbox.pendingBytes === 0) this.#sendClose();
          });
        },
      },
      { maxBulkBytes: this.#limits.maxBulkBytes, maxTotalBytes: this.#limits.maxSendBufferBytes },
    );
    const burst = Math.max(this.#limits.rateBytesPerSec, 2 * MAX_FRAME_BYTES);
    this.#budget = new TokenBucket(this.#limits.rateBytesPerSec, burst, nowMs);
    channel.socket.on("data", this.#onChunk);
    channel.ws.on("message", this.#onMessage);
    channel.ws.on("close", this.#onClose);
    channel.ws.on("error", this.#onError);
    channel.ws.on("ping", this.#onControl);
    channel.ws.on("pong", this.#onControl);
  }

  get open(): boolean {
    return this.#reason === undefined && !this.#ended;
  }

  get pendingBytes(): number {
    return this.#outbox.pendingBytes;
  }

  /** How long work for this peer must wait, as that of a stranger. */
  get workWaitMs(): number {
    return this.#work.waitMs(this.#clock.monotonicMs());
  }

  /** Work for this peer took so long, outside of the handing over of a frame. */
  worked(ms: number): void {
    this.#work.spend(ms, this.#clock.monotonicMs());
  }

  sameSession(other: Pick<Channel, "hello">): boolean {
    return equalBytes(this.channel.hello.session, other.hello.session);
  }

  /** False where the frame was not taken; a peer that lets consensus frames pile up is dropped. */
  send(frame: Uint8Array): boolean {
    if (!this.open) return false;
    const result = this.#outbox.put(frame);
    // Not within the caller's own call: the end of the link is an event like any other.
    if (result === "overflow") queueMicrotask(() => this.#tooSlow());
    return result === "queued";
  }

  /** Drops the link where something waits and nothing was written for stallTimeoutMs. */
  checkStalled(): void {
    const nowMs = this.#clock.monotonicMs();
    const writes = this.#outbox.completedWrites;
    if (this.#outbox.pendingBytes === 0 || writes !== this.#progress.writes) {
      this.#progress = { writes, atMs: nowMs };
    } else if (nowMs - this.#progress.atMs >= this.#limits.stallTimeoutMs) {
      this.#tooSlow();
    }
  }

  /** Ends the link with the closing handshake; ws cuts it off after closeTimeout. Not yet `ended`. */
  close(reason: CloseReason): void {
    if (!this.open) return;
    this.#reason = reason;
    this.#dropHeld();
    this.#outbox.clear();
    this.#sendClose();
  }

  /**
   * Lets a superseded link run out: what it still receives is delivered. With `flush` this side closes
   * once all is written; without, the other side does. Cut off after the handshake timeout.
   */
  drain(flush: boolean): void {
    if (!this.open) return;
    this.#reason = "PEER_DUPLICATE";
    const { handshakeTimeoutMs } = this.#limits;
    this.#graceTimer = this.#clock.startTimer(handshakeTimeoutMs, () => this.#cutOff());
    if (!flush) return;
    this.#closeWhenFlushed = true;
    if (this.#outbox.pendingBytes === 0) this.#sendClose();
  }

  /** Ends the link at once. */
  destroy(reason: CloseReason): void {
    if (this.#ended) return;
    this.#reason ??= reason;
    this.#cutOff();
  }

  readonly #onMessage = (data: RawData, isBinary: boolean): void => {
    if (this.#ended || (this.#reason !== undefined && this.#reason !== "PEER_DUPLICATE")) return;
    // ws hands out one Buffer (binaryType nodebuffer); a view of it costs no copy.
    const bytes = data as Buffer;
    this.#charge(FRAME_COST_BYTES);
    if (!isBinary || bytes.length === 0) {
      this.close("PEER_MALFORMED");
      this.#events.misbehaved(this, MALFORMED_POINTS, "a frame that is empty or text");
      return;
    }
    this.#take(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  };

  /** What TLS decrypted at once. Counted by pieces too: bytes that come one by one cost as much as frames. */
  readonly #onChunk = (chunk: Buffer): void => {
    if (!this.#ended) this.#charge(chunk.length + FRAME_COST_BYTES);
  };

  /** Pings and pongs of WebSocket itself, which no node sends. */
  readonly #onControl = (): void => {
    if (!this.open) return;
    this.#charge(FRAME_COST_BYTES);
    this.#events.misbehaved(this, CONTROL_POINTS, "a control frame of WebSocket");
  };

  readonly #onClose = (wire: number): void => this.#end(this.#reason ?? reasonOf(wire));

  // ws always follows with "close"; the reason is what the error says, not the code that is sent.
  readonly #onError = (error: Error): void => {
    const reason = reasonOfError(error);
    if (reason === "PEER_CLOSED" || this.#reason !== undefined) return;
    this.#reason = reason;
    this.#events.misbehaved(
      this,
      MALFORMED_POINTS,
      "bytes that are no frame, or too large a frame",
    );
  };

  #tooSlow(): void {
    if (!this.open) return;
    this.#events.misbehaved(this, SLOW_POINTS, "it does not read what it is sent");
    this.destroy("PEER_SLOW");
  }

  /** Hands the frame on, or holds it until its sender may cause work again. */
  #take(frame: Uint8Array): void {
    const waitMs = this.#held.length > 0 ? undefined : this.#waitMs(frame);
    if (waitMs === 0) {
      this.#hand(frame);
      return;
    }
    this.#held.push(frame);
    if (this.#held.length > MAX_HELD_FRAMES) {
      this.close("PEER_MALFORMED");
      this.#events.misbehaved(this, MALFORMED_POINTS, "a flood of tiny frames");
      return;
    }
    if (waitMs !== undefined) {
      this.channel.ws.pause();
      this.#workTimer = this.#clock.startTimer(waitMs, this.#handHeld);
    }
    const beyond = this.#held.length - FREE_HELD_FRAMES;
    if (beyond <= 0 || beyond % FRAMES_A_POINT !== 0) return;
    this.#events.misbehaved(this, 1, "more frames at once than it may have handled");
  }

  #waitMs(frame: Uint8Array): number {
    const isFree = ANSWERS.has(frame[0]) || this.#isProtected();
    return isFree ? 0 : this.#work.waitMs(this.#clock.monotonicMs());
  }

  #hand(frame: Uint8Array): void {
    if (ANSWERS.has(frame[0]) || this.#isProtected()) {
      this.#events.frame(this, frame);
      return;
    }
    const startMs = this.#clock.monotonicMs();
    this.#events.frame(this, frame);
    const nowMs = this.#clock.monotonicMs();
    this.#work.spend(nowMs - startMs, nowMs);
  }

  readonly #handHeld = (): void => {
    this.#workTimer = undefined;
    for (let frame = this.#held[0]; frame !== undefined; frame = this.#held[0]) {
      const waitMs = this.#waitMs(frame);
      if (waitMs > 0) {
        this.#workTimer = this.#clock.startTimer(waitMs, this.#handHeld);
        return;
      }
      this.#held.shift();
      this.#hand(frame);
    }
    if (this.#resumeTimer === undefined) this.channel.ws.resume();
  };

  #charge(cost: number): void {
    const waitMs = this.#budget.take(cost, this.#clock.monotonicMs());
    if (waitMs === 0 || this.#resumeTimer !== undefined) return;
    this.channel.ws.pause();
    this.#resumeTimer = this.#clock.startTimer(waitMs, () => {
      this.#resumeTimer = undefined;
      if (this.#held.length === 0) this.channel.ws.resume();
    });
  }

  #dropHeld(): void {
    this.#held = [];
    if (this.#workTimer === undefined) return;
    this.#workTimer.cancel();
    this.#workTimer = undefined;
    // The closing handshake is to be read.
    if (this.#resumeTimer === undefined) this.channel.ws.resume();
  }

  #sendClose(): void {
    this.#closeWhenFlushed = false;
    this.channel.ws.close(wireCode(this.#reason ?? "PEER_DISCONNECTED"));
  }

  #cutOff(): void {
    this.channel.ws.terminate();
    this.#end(this.#reason ?? "PEER_CLOSED");
  }

  #end(reason: LinkEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.channel.socket.off("data", this.#onChunk);
    this.#dropHeld();
    this.#resumeTimer?.cancel();
    this.#graceTimer?.cancel();
    this.#outbox.clear();
    this.#events.ended(this, reason);
  }
}
