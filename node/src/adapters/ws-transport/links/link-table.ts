// Who is connected: one link a peer. It decides whether a link is wanted, settles duplicates, counts per
// direction and address, and turns the life of links into the transport's events, in order for each
// peer: connected, frames, disconnected. A superseded link drains beside the standing one and still
// delivers. Its only callers are the transport and the links.

import type { Clock, Peer, TransportEvents } from "../../../ports.ts";
import { rangeOf } from "../../../types/ip-range.ts";
import { formatPeerAddress, parseHostPort } from "../addresses/peer-address.ts";
import { type Place, placeToGive } from "../admission/stranger-places.ts";
import type { CloseReason, LinkEnd } from "../close-code.ts";
import type { PeerLimits } from "../limits.ts";
import { type Channel, Link } from "./link.ts";
import { type Settlement, settleDuplicate } from "./settle-duplicate.ts";
import { StrangerWork } from "./stranger-work.ts";

export type Candidate = Omit<Channel, "ws" | "socket">;

export interface TableParts {
  readonly selfId: string;
  readonly clock: Clock;
  readonly limits: PeerLimits;
  readonly events: TransportEvents;
  /** Validators and configured peers: they always have a place, and never make room for others. */
  readonly isProtected: (peerId: string) => boolean;
  /** Points of a peer for its misdeeds. */
  readonly scoreOf: (peerId: string) => number;
  /** Charges a peer; how its link ends, if it does. */
  readonly penalise: (channel: Channel, points: number, reason: string) => CloseReason | undefined;
  /** Told after each change of a peer's state; `reason` only at the end. */
  readonly changed: (channel: Channel, reason: LinkEnd | undefined) => void;
}

interface Entry {
  peer: Peer;
  link: Link;
}

export class LinkTable {
  readonly #parts: TableParts;
  readonly #work: StrangerWork;
  readonly #entries = new Map<string, Entry>();
  /** Superseded links; a part of #links. */
  readonly #draining = new Set<Link>();
  /** Every link whose socket may still be open. */
  readonly #links = new Set<Link>();
  #events: TransportEvents;
  #stopped = false;
  #emptied: (() => void) | undefined;

  constructor(parts: TableParts) {
    this.#parts = parts;
    this.#events = parts.events;
    this.#work = new StrangerWork(parts.limits, parts.clock.monotonicMs());
  }

  /** Events go to others from now on, who are told of the links that stand. */
  handOver(events: TransportEvents): void {
    this.#events = events;
    for (const peer of this.peers()) events.connected(peer);
  }

  peers(): readonly Peer[] {
    return Array.from(this.#entries.values(), ({ peer }) => peer);
  }

  peer(peerId: string): Peer | undefined {
    return this.#entries.get(peerId)?.peer;
  }

  /** Outbound links with strangers of a group of addresses. */
  outboundOfGroup(group: string): number {
    let count = 0;
    for (const { link, peer } of this.#entries.values()) {
      const { outbound, ip } = link.channel;
      if (outbound && !ip.isCluster && ip.group === group && !this.#parts.isProtected(peer.id))
        count++;
    }
    return count;
  }

  count(outbound: boolean): number {
    let count = 0;
    for (const { link } of this.#entries.values()) if (link.channel.outbound === outbound) count++;
    return count;
  }

  link(peerId: string): Link | undefined {
    return this.#entries.get(peerId)?.link;
  }

  channel(peerId: string): Channel | undefined {
    return this.#entries.get(peerId)?.link.channel;
  }

  channels(): readonly Channel[] {
    return Array.from(this.#entries.values(), ({ link }) => link.channel);
  }

  queuedBytes(): number {
    let bytes = 0;
    for (const link of this.#links) bytes += link.pendingBytes;
    return bytes;
  }

  /** Why an inbound link is not wanted, or undefined. May make room for it. */
  refusalOf(candidate: Candidate): CloseReason | undefined {
    if (this.#stopped) return "PEER_STOPPING";
    if (candidate.peerId === this.#parts.selfId) return "PEER_SELF";
    const settlement = this.#settlement(candidate);
    if (settlement === "refuse") return "PEER_DUPLICATE";
    const isSure = settlement !== undefined || this.#parts.isProtected(candidate.peerId);
    return isSure || this.#hasPlaceFor(candidate) ? undefined : "PEER_TOO_MANY";
  }

  /** Takes a link whose hellos are exchanged. */
  add(channel: Channel): void {
    const { clock, limits } = this.#parts;
    const current = this.#entries.get(channel.peerId);
    const settlement = this.#settlement(channel);
    const events = {
      frame: (link: Link, frame: Uint8Array) => this.#deliver(link, frame),
      ended: (link: Link, reason: LinkEnd) => this.#ended(link, reason),
      misbehaved: (link: Link, points: number, reason: string) => {
        const end = this.#parts.penalise(link.channel, points, reason);
        if (end !== undefined && link.open) this.disconnect(link.channel.peerId, end, reason);
      },
    };
    const link = new Link(channel, {
      clock,
      limits,
      events,
      work: this.#work.newShare(clock.monotonicMs()),
      isProtected: () => this.#parts.isProtected(channel.peerId),
    });
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

  /** Judges a linked peer, and ends its links where the sentence says so. */
  charge(
    peerId: string,
    reason: string,
    judge: (channel: Channel) => CloseReason | undefined,
  ): void {
    const channel = this.channel(peerId);
    const end = channel === undefined ? undefined : judge(channel);
    if (end !== undefined) this.disconnect(peerId, end, reason);
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

  /** Whether a stranger may have an inbound link; another one may have to make room. */
  #hasPlaceFor({ ip }: Candidate): boolean {
    const { maxInbound, maxPerIp, maxPerNetwork } = this.#parts.limits;
    const places = this.#strangers();
    const sharing = (of: "address" | "network"): number =>
      places.filter(({ entry }) => entry.link.channel.ip[of] === ip[of]).length;
    if (!ip.isCluster && (sharing("address") >= maxPerIp || sharing("network") >= maxPerNetwork)) {
      return false;
    }
    if (places.length < maxInbound) return true;
    const given = placeToGive(places, ip.group);
    if (given !== undefined) this.#remove(given.entry, "PEER_TOO_MANY");
    return given !== undefined;
  }

  /** Inbound links of peers that are neither validators nor configured. */
  #strangers(): readonly (Place & { readonly entry: Entry })[] {
    const { isProtected, scoreOf } = this.#parts;
    const places: (Place & { readonly entry: Entry })[] = [];
    for (const entry of this.#entries.values()) {
      const { channel } = entry.link;
      if (channel.outbound || isProtected(entry.peer.id)) continue;
      const { connectedAtMs } = entry.peer;
      const score = scoreOf(entry.peer.id);
      places.push({ entry, group: channel.ip.group, score, connectedAtMs });
    }
    return places;
  }

  #enter(link: Link): void {
    const { clock, changed } = this.#parts;
    const peer: Peer = {
      id: link.channel.peerId,
      nodeKey: link.channel.nodeKey,
      role: link.channel.hello.role,
      address: addressOf(link.channel),
      linkIp: ipOf(link.channel),
      outbound: link.channel.outbound,
      connectedAtMs: clock.nowMs(),
      version: link.channel.hello.protocolVersion,
    };
    this.#entries.set(peer.id, { peer, link });
    changed(link.channel, undefined);
    this.#events.connected(peer);
  }

  #remove(entry: Entry, reason: CloseReason): void {
    this.#entries.delete(entry.peer.id);
    entry.link.close(reason);
    this.#announceEnd(entry, reason, reason);
  }

  #deliver(link: Link, frame: Uint8Array): void {
    const entry = this.#entries.get(link.channel.peerId);
    if (this.#stopped || entry === undefined) return;
    if (entry.link === link || this.#draining.has(link)) this.#events.frame(entry.peer, frame);
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
    this.#events.disconnected(entry.peer, told);
  }
}

function ipOf({ ip: { bytes } }: Channel): string | undefined {
  return bytes.length === 0 ? undefined : rangeOf(bytes, 8 * bytes.length).text;
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
