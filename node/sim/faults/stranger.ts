// Peers that are no validators and mean harm: they claim heights, flood with questions, or send what is no
// transaction. They hold no key that counts, so they can sign nothing. A run starts them with the nodes;
// each sends PER_TURN frames to every node a turn, TURNS of them.

import type { MemoryHub } from "../../src/adapters/memory/memory-hub.ts";
import { MemoryTransport } from "../../src/adapters/memory/memory-transport.ts";
import type { VirtualClock } from "../../src/adapters/memory/virtual-clock.ts";
import { encodeFrame, type Message } from "../../src/codec/frames.ts";
import { nodeIdOf } from "../../src/crypto/pure-keys.ts";
import type { Transaction } from "../../src/types/chain.ts";
import { type Chain, payment } from "../world/chain.ts";
import type { Rng } from "../world/rng.ts";

export const STRANGER_KINDS = ["claimer", "asker", "payer"] as const;
export type StrangerKind = (typeof STRANGER_KINDS)[number];

const TURN_MS = 40;
const TURNS = 25;
const PER_TURN = 2;
const FAR = 2 ** 40;

interface StrangerWorld {
  readonly chain: Chain;
  readonly time: VirtualClock;
  readonly hub: MemoryHub;
  readonly addresses: readonly string[];
  readonly rng: Rng;
}

export class Stranger {
  readonly #kind: StrangerKind;
  readonly #world: StrangerWorld;
  readonly #transport: MemoryTransport;
  #requestId = 0;

  /** @param place tells strangers of a run apart. */
  constructor(kind: StrangerKind, place: number, world: StrangerWorld) {
    this.#kind = kind;
    this.#world = world;
    const nodeKey = new Uint8Array(32).fill(0xee, 1).fill(place, 0, 1);
    const id = nodeIdOf(nodeKey);
    const { hub, addresses } = world;
    const address = `${id}@stranger${place}:1`;
    this.#transport = new MemoryTransport({
      hub,
      id,
      nodeKey,
      role: "full",
      address,
      peers: addresses,
    });
  }

  start(): void {
    const nothing = (): void => undefined;
    this.#transport.start({ connected: nothing, disconnected: nothing, frame: nothing });
    this.#turn(TURNS);
  }

  #turn(left: number): void {
    if (left === 0) return;
    for (const { id } of this.#transport.peers()) {
      for (let sent = 0; sent < PER_TURN; sent++) {
        this.#transport.send(id, encodeFrame(this.#message()));
      }
    }
    this.#world.time.startTimer(TURN_MS, () => this.#turn(left - 1));
  }

  #message(): Message {
    const { rng } = this.#world;
    const hash = Uint8Array.from({ length: 32 }, () => rng.int(256));
    switch (this.#kind) {
      case "claimer": {
        const height = rng.pick([FAR, FAR + rng.int(1_000), rng.int(20), 0]);
        return { type: "status", status: { height, baseHeight: 1, blockHash: hash } };
      }
      case "asker": {
        const requestId = this.#requestId++;
        if (rng.chance(0.5)) return { type: "getProposal", height: rng.int(20), blockHash: hash };
        return { type: "getBlocks", request: { requestId, fromHeight: rng.int(5), count: 64 } };
      }
      case "payer":
        if (rng.chance(0.5)) return { type: "txIds", witnessIds: [hash] };
        return { type: "txs", transactions: [this.#badPayment(hash)] };
    }
  }

  /** A spend that somebody else would have to sign. */
  #badPayment(hash: Uint8Array): Transaction {
    const { chain, rng } = this.#world;
    const { body, witnesses } = payment(chain, { from: rng.int(8), to: 0, outputs: 1 });
    const signature = new Uint8Array([...hash, ...hash]);
    return { body, witnesses: witnesses.map((witness) => ({ ...witness, signature })) };
  }
}
