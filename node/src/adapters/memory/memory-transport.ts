// The Transport's twin in memory: the same events in the same order for each peer, bans, retried dials,
// learned addresses, one link a peer; no sockets, no cryptography, no time of its own. A dial is settled
// in one event, so simultaneous dials cannot cross here; how they are settled is the real one's affair.

import type { Peer, PeerRole, Transport, TransportEvents } from "../../ports.ts";
import { PROTOCOL_VERSION } from "../ws-transport/handshake/hello.ts";
import { DEFAULT_PEER_LIMITS } from "../ws-transport/limits.ts";
import { StrangerWork, type WorkShare } from "../ws-transport/links/stranger-work.ts";
import type { MemoryHub, Route } from "./memory-hub.ts";

export interface MemoryTransportOptions {
  readonly hub: MemoryHub;
  readonly id: string;
  readonly nodeKey: Uint8Array;
  readonly role: PeerRole;
  /** "nodeId@host:port"; only its uniqueness matters. */
  readonly address: string;
  readonly peers: readonly string[];
  readonly redialMs?: number;
}

/** One connection, shared by both ends. */
interface MemoryLink {
  open: boolean;
}

interface Entry {
  readonly peer: Peer;
  readonly link: MemoryLink;
  readonly remote: MemoryTransport;
  readonly route: Route;
}

const DEFAULT_REDIAL_MS = 250;
const MAX_KNOWN = 1_000;
const BAN_POINTS = 100;
const PENALTY_BAN_MS = 60_000;

export class MemoryTransport implements Transport {
  readonly id: string;
  readonly address: string;
  readonly #options: MemoryTransportOptions;
  readonly #hub: MemoryHub;
  readonly #entries = new Map<string, Entry>();
  readonly #points = new Map<string, number>();
  readonly #work: StrangerWork;
  /** What each linked peer may use of the strangers' time. */
  readonly #shares = new Map<string, WorkShare>();
  readonly #bannedUntilMs = new Map<string, number>();
  /** Addresses to stay connected to: configured and learned, in the order they came. */
  readonly #wanted: Set<string>;
  /** Addresses behind links that stood once. */
  readonly #confirmed = new Set<string>();
  /** Addresses with a dial due: one at a time each. */
  readonly #redialing = new Set<string>();
  #events: TransportEvents | undefined;
  /** The last frame sent, which may go to others too. */
  #sent: { readonly frame: Uint8Array; readonly copy: Uint8Array } | undefined;
  #stopped = false;

  constructor(options: MemoryTransportOptions) {
    this.id = options.id;
    this.address = options.address;
    this.#options = options;
    this.#hub = options.hub;
    this.#wanted = new Set(options.peers);
    this.#work = new StrangerWork(DEFAULT_PEER_LIMITS, options.hub.scheduler.monotonicMs());
  }

  start(events: TransportEvents): void {
    const isRunning = this.#events !== undefined;
    this.#events = events;
    if (isRunning) {
      for (const peer of this.peers()) events.connected(peer);
      return;
    }
    this.#hub.attach(this);
    for (const address of this.#wanted) this.#dial(address);
  }

  send(peerId: string, frame: Uint8Array): boolean {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return false;
    const bytes = this.#copyOf(frame);
    const { remote, link } = entry;
    this.#hub.carry(entry.route, frame, () => remote.#receive(this.id, link, bytes));
    return true;
  }

  peers(): readonly Peer[] {
    return Array.from(this.#entries.values(), ({ peer }) => peer);
  }

  disconnect(peerId: string, reason: string, banMs: number): void {
    if (banMs > 0) this.#bannedUntilMs.set(peerId, this.#hub.scheduler.monotonicMs() + banMs);
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    this.#entries.delete(peerId);
    this.#shares.delete(peerId);
    entry.link.open = false;
    this.#hub.scheduler.startTimer(0, () => this.#ended(entry.peer, reason));
    this.#tellEnd(entry, banMs > 0 ? "PEER_BANNED" : "PEER_DISCONNECTED");
  }

  /** A link takes all at once. */
  queuedBytes(): number {
    return 0;
  }

  workWaitMs(peerId: string): number {
    return this.#shares.get(peerId)?.waitMs(this.#hub.scheduler.monotonicMs()) ?? 0;
  }

  worked(peerId: string, ms: number): void {
    this.#shares.get(peerId)?.spend(ms, this.#hub.scheduler.monotonicMs());
  }

  /** Points add up without decay here, and end the link and ban for a minute at 100. */
  penalise(peerId: string, points: number, reason: string): void {
    const total = (this.#points.get(peerId) ?? 0) + points;
    this.#points.set(peerId, total);
    if (total < BAN_POINTS) return;
    this.#points.delete(peerId);
    this.disconnect(peerId, reason, PENALTY_BAN_MS);
  }

  /** There are no neighbours here. */
  accuse(peerId: string, points: number, reason: string): void {
    this.penalise(peerId, points, reason);
  }

  learn(addresses: readonly string[], _fromPeerId: string): void {
    for (const address of addresses) {
      const known = this.#wanted.has(address) || address === this.address;
      if (known || this.#wanted.size >= MAX_KNOWN || !address.includes("@")) continue;
      this.#wanted.add(address);
      if (this.#events !== undefined) this.#dial(address);
    }
  }

  known(): readonly string[] {
    return [...this.#confirmed];
  }

  stop(done: () => void): void {
    this.#stopped = true;
    this.#hub.detach(this);
    for (const entry of this.#entries.values()) {
      entry.link.open = false;
      this.#tellEnd(entry, "PEER_STOPPING");
    }
    this.#entries.clear();
    this.#hub.scheduler.startTimer(0, done);
  }

  /** The power of this node fails: it is gone at once, and its peers learn of it as of a broken link. */
  crash(): void {
    this.#stopped = true;
    this.#hub.detach(this);
    for (const entry of this.#entries.values()) {
      entry.link.open = false;
      this.#tellEnd(entry, "PEER_CLOSED");
    }
    this.#entries.clear();
  }

  /** Cuts the link to a peer on both sides; both dial again. */
  cut(peerId: string): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    entry.link.open = false;
    this.#lose(entry.remote.id, entry.link, "PEER_CLOSED");
    entry.remote.#lose(this.id, entry.link, "PEER_CLOSED");
  }

  /** On a real link the receiver's bytes are never the sender's; one copy serves all receivers. */
  #copyOf(frame: Uint8Array): Uint8Array {
    if (this.#sent?.frame === frame) return this.#sent.copy;
    const copy = Uint8Array.from(frame);
    this.#sent = { frame, copy };
    return copy;
  }

  #dial(address: string): void {
    const peerId = address.slice(0, address.indexOf("@"));
    const due = this.#redialing.has(address);
    if (due || this.#stopped || this.#entries.has(peerId) || peerId === this.id) return;
    const route = this.#hub.route(this.id, peerId);
    this.#hub.carry(route, undefined, () => this.#reached(address, peerId));
    // Whatever becomes of this attempt: look again later. A standing link makes it a no-op.
    const redialMs = this.#options.redialMs ?? DEFAULT_REDIAL_MS;
    this.#redialing.add(address);
    this.#hub.scheduler.startTimer(redialMs, () => {
      this.#redialing.delete(address);
      this.#dial(address);
    });
  }

  #reached(address: string, peerId: string): void {
    const remote = this.#hub.at(address);
    if (this.#stopped || remote === undefined || remote.id !== peerId) return;
    if (this.#entries.has(peerId) || remote.#entries.has(this.id)) return;
    if (this.#bans(peerId)) return;
    if (remote.#bans(this.id)) return;
    const link: MemoryLink = { open: true };
    remote.#enter(this, link, false);
    this.#enter(remote, link, true);
  }

  #enter(remote: MemoryTransport, link: MemoryLink, outbound: boolean): void {
    const { nodeKey, role, address } = remote.#options;
    const connectedAtMs = this.#hub.scheduler.nowMs();
    const version = PROTOCOL_VERSION;
    const peer: Peer = { id: remote.id, nodeKey, role, address, outbound, connectedAtMs, version };
    const route = this.#hub.route(this.id, remote.id);
    this.#entries.set(remote.id, { peer, link, remote, route });
    this.#shares.set(remote.id, this.#work.newShare(this.#hub.scheduler.monotonicMs()));
    this.#confirmed.add(address);
    this.#events?.connected(peer);
  }

  #receive(fromId: string, link: MemoryLink, frame: Uint8Array): void {
    const entry = this.#entries.get(fromId);
    if (entry?.link === link && link.open) this.#events?.frame(entry.peer, frame);
  }

  #tellEnd(entry: Entry, reason: string): void {
    this.#hub.scheduler.startTimer(1, () => entry.remote.#lose(this.id, entry.link, reason));
  }

  #lose(peerId: string, link: MemoryLink, reason: string): void {
    const entry = this.#entries.get(peerId);
    if (entry?.link !== link) return;
    this.#entries.delete(peerId);
    this.#shares.delete(peerId);
    this.#ended(entry.peer, reason);
  }

  #ended(peer: Peer, reason: string): void {
    if (this.#stopped) return;
    this.#events?.disconnected(peer, reason);
    for (const address of this.#wanted) if (address.startsWith(peer.id)) this.#dial(address);
  }

  #bans(peerId: string): boolean {
    return (this.#bannedUntilMs.get(peerId) ?? 0) > this.#hub.scheduler.monotonicMs();
  }
}
