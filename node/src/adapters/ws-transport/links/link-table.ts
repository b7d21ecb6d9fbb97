// Who is connected: one link a peer. It decides whether a link is wanted, settles duplicates, counts per
// direction and address, and turns the life of links into the transport's events, in order for each
// peer: connected, frames, disconnected. A superseded link drains beside the standing one and still
// delivers. Its only callers are the transport and the links.

import type { Clock, Peer, TransportEvents } from "../../../ports.ts";
import { formatPeerAddress, parseHostPort } from "../addresses/peer-address.ts";
import type { CloseReason, LinkEnd } from "../close-code.ts";
import type { PeerLimits } from "../limits.ts";
import { type Channel, Link } from "./link.ts";
import { type Settlement, settleDuplicate } from "./settle-duplicate.ts";

export type Candidate = Omit<Channel, "ws" | "socket">;

export interface TableParts {
  readonly selfId: string;
  readonly clock: Clock;
  readonly limits: PeerLimits;
  readonly events: TransportEvents;
  /** Peers for which room is made: another inbound link yields where all places are taken. */
  readonly isConfigured: (peerId: string) => boolean;
  /** Told after each change of a peer's state; `reason` only at the end. */
  readonly changed: (channel: Channel, reason: LinkEnd | undefined) => void;
}

interface Entry {
  peer: Peer;
  link: Link;
}

export class LinkTable {
  readonly #parts: TableParts;
  readonly #entries = new Map<string, Entry>();
  /** Superseded links; a part of #links. */
  readonly #draining = new Set<Link>();
  /** Every link whose socket may still be open. */
  readonly #links = new Set<Link>();
  #stopped = false;
  #emptied: (() => void) | undefined;

  constructor(parts: TableParts) {
    this.#parts = parts;
  }

  peers(): readonly Peer[] {
    return Array.from(this.#entries.values(), ({ peer }) => peer);
  }

  peer(peerId: string): Peer | undefined {
    return this.#entries.get(peerId)?.peer;
  }

  count(outbound: boolean): number {
    let count = 0;
    for (const { link } of this.#entries.values()) if (link.channel.outbound === outbound) count++;
    return count;
  }

  inboundOfIp(ip: string): number {
    let count = 0;
    for (const { link } of this.#entries.values()) {
      if (!link.channel.outbound && link.channel.remoteIp === ip) count++;
    }
    return count;
  }

  queuedBytes(): number {
    let bytes = 0;
    for (const link of this.#links) bytes += link.pendingBytes;
    return bytes;
  }

  /** Why an inbound link is not wanted, or undefined. May make room for a configured peer. */
  refusalOf(candidate: Candidate): CloseReason | undefined {
    if (this.#stopped) return "PEER_STOPPING";
    if (candidate.peerId === this.#parts.selfId) return "PEER_SELF";
    const settlement = this.#settlement(candidate);
    if (settlement === "refuse") return "PEER_DUPLICATE";
    if (settlement !== undefined || this.count(false) < this.#parts.limits.maxInbound) {
      return undefined;
    }
    return this.#makeRoomFor(candidate.peerId) ? undefined : "PEER_TOO_MANY";
  }

  /** Takes a link whose hellos are exchanged. */
  add(channel: Channel): void {
    const { clock, limits } = this.#parts;
    const current = this.#entries.get(channel.peerId);
    const settlement = this.#settlement(channel);
    const events = {
      frame: (link: Link, frame: Uint8Array) => this.#deliver(link, frame),
      ended: (link: Link, reason: LinkEnd) => this.#ended(link, reason),
    };
    const link = new Link(channel, { clock, limits, events });
    this.#links.add(link);
    if (this.#stopped) {
      link.close("PEER_STOPPING");
    } else if (current === undefined || settlement === undefined) {
      this.#enter(link);
    } else if (settlement === "replace") {
      this.#remove(current, "PEER_REPLACED");
      this.#enter(link);
    } else {
      const [standing, spare] = settlement === "swap" ? [link, current.link] : [current.link, link];
      current.link = standing;
      if (settlement === "swap") current.peer = { ...current.peer, outbound: channel.outbound };
      this.#draining.add(spare);
      // Only the lower id ends the spare link: when it does, the other side has swapped already.
      spare.drain(this.#selfIsLower(channel.peerId));
    }
  }

  send(peerId: string, frame: Uint8Array): boolean {
    return this.#entries.get(peerId)?.link.send(frame) ?? false;
  }

  /** Ends the peer's links; the event follows when the caller has returned. */
  disconnect(peerId: string, closeReason: CloseReason, told: string): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    this.#entries.delete(peerId);
    entry.link.close(closeReason);
    for (const link of this.#draining)
      if (link.channel.peerId === peerId) link.destroy(closeReason);
    queueMicrotask(() => this.#announceEnd(entry, told, closeReason));
  }

  checkStalled(): void {
    for (const link of this.#links) link.checkStalled();
  }

  /** No event leaves the table any more; `done` when every link is told that this node stops, and gone. */
  stop(done: () => void): void {
    this.#stopped = true;
    this.#emptied = done;
    if (this.#links.size === 0) done();
    for (const link of this.#links) link.close("PEER_STOPPING");
  }

  destroyAll(): void {
    for (const link of this.#links) link.destroy("PEER_STOPPING");
  }

  #selfIsLower(peerId: string): boolean {
    return this.#parts.selfId < peerId;
  }

  #settlement(candidate: Candidate): Settlement | undefined {
    const current = this.#entries.get(candidate.peerId)?.link;
    if (current === undefined) return undefined;
    return settleDuplicate(
      current.channel,
      { outbound: candidate.outbound, sameSession: current.sameSession(candidate) },
      this.#selfIsLower(candidate.peerId),
    );
  }

  #makeRoomFor(peerId: string): boolean {
    if (!this.#parts.isConfigured(peerId)) return false;
    for (const entry of this.#entries.values()) {
      if (entry.link.channel.outbound || this.#parts.isConfigured(entry.peer.id)) continue;
      this.#remove(entry, "PEER_TOO_MANY");
      return true;
    }
    return false;
  }

  #enter(link: Link): void {
    const { clock, events, changed } = this.#parts;
    const peer: Peer = {
      id: link.channel.peerId,
      nodeKey: link.channel.nodeKey,
      role: link.channel.hello.role,
      address: addressOf(link.channel),
      outbound: link.channel.outbound,
      connectedAtMs: clock.nowMs(),
    };
    this.#entries.set(peer.id, { peer, link });
    changed(link.channel, undefined);
    events.connected(peer);
  }

  #remove(entry: Entry, reason: CloseReason): void {
    this.#entries.delete(entry.peer.id);
    entry.link.close(reason);
    this.#announceEnd(entry, reason, reason);
  }

  #deliver(link: Link, frame: Uint8Array): void {
    const entry = this.#entries.get(link.channel.peerId);
    if (this.#stopped || entry === undefined) return;
    if (entry.link === link || this.#draining.has(link))
      this.#parts.events.frame(entry.peer, frame);
  }

  #ended(link: Link, reason: LinkEnd): void {
    this.#links.delete(link);
    this.#draining.delete(link);
    if (this.#links.size === 0) this.#emptied?.();
    const entry = this.#entries.get(link.channel.peerId);
    if (entry?.link !== link) return;
    this.#entries.delete(link.channel.peerId);
    this.#announceEnd(entry, reason, reason);
  }

  #announceEnd(entry: Entry, told: string, reason: LinkEnd): void {
    if (this.#stopped) return;
    this.#parts.changed(entry.link.channel, reason);
    this.#parts.events.disconnected(entry.peer, told);
  }
}

/** Where the peer was dialled, or says that it listens, or else where it came from. */
function addressOf(channel: Channel): string {
  return channel.dialledAddress ?? advertisedAddress(channel) ?? channel.remoteAddress;
}

/** Where others reach the peer by its own word, if it wants to be dialled. */
export function advertisedAddress(candidate: Candidate): string | undefined {
  const told = parseHostPort(candidate.hello.listenAddress);
  return told.ok
    ? formatPeerAddress(candidate.peerId, told.value.host, told.value.port)
    : undefined;
}
