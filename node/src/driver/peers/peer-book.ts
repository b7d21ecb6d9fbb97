// What the driver knows of each connected peer: its claimed height, whether its node key belongs to a
// validator, its round-trip time. Grows only with the transport's links, which are bounded there.

import type { StatusMessage } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import type { Peer } from "../../ports.ts";
import type { Height, ValidatorSet } from "../../types/chain.ts";
import { deviationMs, median, withSample } from "./median.ts";

export interface PeerState {
  readonly peer: Peer;
  /** Index, in the set of the height in progress, of the validator whose node key this is, if any. */
  validatorIndex: number | undefined;
  height: number;
  /** Hash of its last block, as it says. */
  blockHash: Uint8Array | undefined;
  /** Whether it has said anything of its height yet. */
  claimed: boolean;
  baseHeight: number;
  /** The highest height that it said or showed it has decided. */
  decidedHeight: number;
  /** The median of the recent round trips; undefined before the first pong. */
  rttMs: number | undefined;
  /** Their median absolute deviation from it. */
  rttDeviationMs: number;
  /** Pongs that counted. */
  rttSamples: number;
  /** The last round trips (median.ts), the newest last. */
  rttRecentMs: readonly number[];
  pingSent: { readonly nonce: number; readonly atMs: number } | undefined;
}

export class PeerBook {
  readonly #peers = new Map<string, PeerState>();
  #validatorOf: ReadonlyMap<string, number>;
  #validators: ValidatorSet;

  constructor(validators: ValidatorSet) {
    this.#validators = validators;
    this.#validatorOf = indexByNodeKey(validators);
  }

  /** The set of the height that begins: whose links are validators', and with which index. */
  follow(validators: ValidatorSet): void {
    if (validators === this.#validators) return;
    this.#validators = validators;
    this.#validatorOf = indexByNodeKey(validators);
    for (const state of this.#peers.values()) {
      state.validatorIndex = this.#validatorOf.get(toHex(state.peer.nodeKey));
    }
  }

  connected(peer: Peer): void {
    this.#peers.set(peer.id, {
      peer,
      validatorIndex: this.#validatorOf.get(toHex(peer.nodeKey)),
      height: 0,
      blockHash: undefined,
      claimed: false,
      baseHeight: 1,
      decidedHeight: 0,
      rttMs: undefined,
      rttDeviationMs: 0,
      rttSamples: 0,
      rttRecentMs: [],
      pingSent: undefined,
    });
  }

  disconnected(peerId: string): void {
    this.#peers.delete(peerId);
  }

  get(peerId: string): PeerState | undefined {
    return this.#peers.get(peerId);
  }

  all(): readonly PeerState[] {
    return [...this.#peers.values()];
  }

  validators(): readonly PeerState[] {
    return this.all().filter((state) => state.validatorIndex !== undefined);
  }

  /** The highest height that any peer claims. */
  highest(): Height {
    let highest = 0;
    for (const { height } of this.#peers.values()) if (height > highest) highest = height;
    return highest;
  }

  claim(peerId: string, status: StatusMessage): void {
    const state = this.#peers.get(peerId);
    if (state === undefined) return;
    state.height = status.height;
    state.blockHash = status.blockHash;
    state.claimed = true;
    state.baseHeight = status.baseHeight;
    this.decided(peerId, status.height);
  }

  decided(peerId: string, height: Height): void {
    const state = this.#peers.get(peerId);
    if (state !== undefined) state.decidedHeight = Math.max(state.decidedHeight, height);
  }

  /** Power of the linked validators that say they have no block above `height`. */
  powerUpTo(height: number): number {
    let power = 0;
    for (const { validatorIndex, claimed, height: claim } of this.#peers.values()) {
      if (validatorIndex === undefined || !claimed || claim > height) continue;
      power += this.#validators[validatorIndex]?.power ?? 0;
    }
    return power;
  }

  pinged(peerId: string, nonce: number, atMs: number): void {
    const state = this.#peers.get(peerId);
    if (state !== undefined) state.pingSent = { nonce, atMs };
  }

  /** Takes a pong: only the answer to the last ping counts. Its round trip in ms, if it counts. */
  ponged(peerId: string, nonce: number, atMs: number): number | undefined {
    const state = this.#peers.get(peerId);
    if (state?.pingSent?.nonce !== nonce) return undefined;
    const sampleMs = atMs - state.pingSent.atMs;
    smooth(state, sampleMs);
    state.pingSent = undefined;
    return sampleMs;
  }
}

/** The first sample counts for its own deviation too. */
function smooth(state: PeerState, sampleMs: number): void {
  const recentMs = withSample(state.rttRecentMs, sampleMs);
  const rttMs = median(recentMs);
  state.rttSamples++;
  state.rttRecentMs = recentMs;
  state.rttMs = rttMs;
  state.rttDeviationMs = recentMs.length === 1 ? rttMs / 2 : deviationMs(recentMs, rttMs);
}

const indexByNodeKey = (validators: ValidatorSet): ReadonlyMap<string, number> =>
  new Map(validators.map(({ nodeKey }, index) => [toHex(nodeKey), index]));
