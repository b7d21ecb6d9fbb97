// Two processes behind one node id: a twinned validator. Real transports keep one link for each pair of
// node ids, so to be heard by everybody both twins speak over the links of one; what comes in reaches
// both. The two do not hear each other. A filter may keep a frame from one of them (modes/twins.ts).

import type { MemoryTransport } from "../../src/adapters/memory/memory-transport.ts";
import type { Peer, Transport, TransportEvents } from "../../src/ports.ts";

/** The links of one process of a machine: a transport that can lose its power. */
export interface ProcessLinks extends Transport {
  crash(): void;
  cut(peerId: string): void;
}

interface End {
  /** Which of the two: 0 or 1. */
  readonly twin: number;
  readonly events: TransportEvents;
}

export class TwinLinks {
  readonly #newTransport: () => MemoryTransport;
  readonly #hears: (twin: number, peer: Peer) => boolean;
  readonly #ends = new Set<End>();
  #transport: MemoryTransport | undefined;

  /** @param hears asked for each frame that arrives, once for each twin. */
  constructor(
    newTransport: () => MemoryTransport,
    hears: (twin: number, peer: Peer) => boolean = () => true,
  ) {
    this.#newTransport = newTransport;
    this.#hears = hears;
  }

  /** The links as a process of one of the twins has them. */
  open(twin: number): ProcessLinks {
    let end: End | undefined;
    const leave = (): void => {
      if (end === undefined) return;
      this.#ends.delete(end);
      end = undefined;
      if (this.#ends.size > 0) return;
      this.#transport?.crash();
      this.#transport = undefined;
    };
    return {
      start: (events) => {
        end = { twin, events };
        this.#enter(end);
      },
      send: (peerId, frame) => this.#transport?.send(peerId, frame) ?? false,
      peers: () => this.#transport?.peers() ?? [],
      queuedBytes: () => 0,
      // The other twin may have its own mind about the peer.
      disconnect: () => undefined,
      penalise: () => undefined,
      accuse: () => undefined,
      workWaitMs: (peerId) => this.#transport?.workWaitMs(peerId) ?? 0,
      worked: (peerId, ms) => this.#transport?.worked(peerId, ms),
      learn: (addresses, from) => this.#transport?.learn(addresses, from),
      known: () => this.#transport?.known() ?? [],
      stop: (done) => {
        leave();
        done();
      },
      crash: leave,
      cut: (peerId) => this.#transport?.cut(peerId),
    };
  }

  #enter(end: End): void {
    this.#ends.add(end);
    if (this.#transport !== undefined) {
      for (const peer of this.#transport.peers()) end.events.connected(peer);
      return;
    }
    this.#transport = this.#newTransport();
    const toAll = (tell: (events: TransportEvents) => void): void => {
      for (const { events } of this.#ends) tell(events);
    };
    this.#transport.start({
      connected: (peer) => toAll((events) => events.connected(peer)),
      disconnected: (peer, reason) => toAll((events) => events.disconnected(peer, reason)),
      frame: (peer, frame) => {
        for (const { twin, events } of this.#ends) {
          if (this.#hears(twin, peer)) events.frame(peer, frame);
        }
      },
    });
  }
}
