// The Transport over WebSocket on mutually authenticated TLS 1.3 (docs/adr/0008): composes the listener,
// the dialler, the gate (docs/adr/0019) and the link table, and says why each link or attempt ended. Opened
// by the daemon; the driver sees only the port. Whatever a peer does ends in an event, a log line and a
// metric, never in an exception; an exception of the driver's own handler is not caught.

import type { Peer, Timer, Transport, TransportEvents } from "../../ports.ts";
import type { Bans } from "../../types/bans.ts";
import { fail } from "../../types/errors.ts";
import { Dialler } from "./addresses/dialler.ts";
import { limitedLookup } from "./addresses/host-lookup.ts";
import { KnownAddresses } from "./addresses/known-addresses.ts";
import type { PeerAddress } from "./addresses/peer-address.ts";
import { PendingHandshakes } from "./admission/pending-handshakes.ts";
import { type CloseReason, type LinkEnd, wireCode } from "./close-code.ts";
import { Gate } from "./gate.ts";
import { type DialOutcome, dialPeer } from "./handshake/dial.ts";
import {
  OLDEST_PROTOCOL_VERSION,
  type OwnHello,
  PROTOCOL_VERSION,
  SESSION_BYTES,
} from "./handshake/hello.ts";
import { PeerListener } from "./handshake/listener.ts";
import { type PeerLimits, peerLimits } from "./limits.ts";
import type { Channel } from "./links/link.ts";
import { advertisedAddress, type Candidate, LinkTable } from "./links/link-table.ts";
import { PeerReports } from "./peer-reports.ts";
import { configuredPeers, type WsTransportOptions } from "./transport-options.ts";

/** Of stop(): closing handshakes get this long, then sockets are cut. */
const STOP_GRACE_MS = 600;
/** Points for a frame of addresses that comes too soon. */
const TOO_MANY_ADDRESSES_POINTS = 2;
/** Stalls are looked for, and byte counts reported, this often within one stall timeout. */
const SWEEPS_PER_STALL = 5;

export class WsTransport implements Transport {
  readonly #options: WsTransportOptions;
  readonly #limits: PeerLimits;
  readonly #session: Uint8Array;
  readonly #gate: Gate;
  readonly #addresses: KnownAddresses;
  readonly #dialler: Dialler;
  readonly #reports: PeerReports;
  readonly #listener: PeerListener;
  readonly #lookup = limitedLookup();
  readonly #dials = new Set<{ abort(): void }>();
  #table: LinkTable | undefined;
  #sweep: Timer | undefined;
  #port = 0;
  #stopping = false;

  constructor(options: WsTransportOptions) {
    this.#options = options;
    this.#limits = peerLimits(options.limits);
    const { clock, random } = options;
    this.#session = random.bytes(SESSION_BYTES);
    const configured = configuredPeers(options);
    this.#reports = new PeerReports(options);
    this.#gate = new Gate(options, {
      configured: configured.map(({ id }) => id),
      reports: this.#reports,
      bannedByOperator: () => this.#closeRefused(),
    });
    const { protectedPeers, groupsOf } = this.#gate;
    this.#addresses = new KnownAddresses({
      options,
      limits: this.#limits,
      configured,
      protectedPeers,
      groupsOf,
      isOutbound: (peerId) => this.#table?.channel(peerId)?.outbound === true,
    });
    this.#dialler = new Dialler({
      book: this.#addresses.book,
      clock,
      random,
      limits: this.#limits,
      isProtected: (peerId) => protectedPeers.has(peerId),
      isGroupFull: (group) => this.#isGroupFull(group),
      outboundLinks: () => this.#table?.count(true) ?? 0,
      bannedUntil: (peerId) => this.#bannedUntil(peerId),
      dial: (address) => this.#dial(address),
    });
    this.#listener = this.#openListener();
  }

  get #newest(): number {
    return this.#options.protocolVersion ?? PROTOCOL_VERSION;
  }

  get #oldest(): number {
    return this.#options.oldestProtocolVersion ?? OLDEST_PROTOCOL_VERSION;
  }

  /** The port bound. */
  get port(): number {
    return this.#port;
  }

  get bans(): Bans {
    return this.#gate.bans;
  }

  /** The node keys of the validators of this height and the next ones: they always have a place. */
  protect(nodeKeys: readonly Uint8Array[]): void {
    this.#gate.protectedPeers.follow(nodeKeys);
  }

  /**
   * Binds the P2P port. Until start() whoever connects is told to come back (PEER_STOPPING).
   * @throws CodedError P2P_PORT_IN_USE, P2P_LISTEN_FAILED.
   */
  async listen(): Promise<void> {
    this.#port = await this.#listener.listen(this.#options.host, this.#options.port);
  }

  start(events: TransportEvents): void {
    if (this.#table !== undefined) return this.#table.handOver(events);
    this.#table = new LinkTable({
      selfId: this.#options.identity.nodeId,
      clock: this.#options.clock,
      limits: this.#limits,
      events,
      isProtected: (peerId) => this.#gate.protectedPeers.has(peerId),
      scoreOf: (peerId) => this.#gate.isolation.scoreOf(peerId),
      penalise: (channel, points, reason) => this.#gate.penalise(channel, points, reason),
      changed: (channel, reason) => this.#changed(channel, reason),
    });
    this.#startSweep();
    this.#dialler.start();
  }

  send(peerId: string, frame: Uint8Array): boolean {
    return this.#table?.send(peerId, frame) ?? false;
  }

  peers(): readonly Peer[] {
    return this.#table?.peers() ?? [];
  }

  queuedBytes(peerId: string): number {
    return this.#table?.link(peerId)?.pendingBytes ?? 0;
  }

  workWaitMs(peerId: string): number {
    return this.#table?.link(peerId)?.workWaitMs ?? 0;
  }

  worked(peerId: string, ms: number): void {
    this.#table?.link(peerId)?.worked(ms);
  }

  disconnect(peerId: string, reason: string, banMs: number): void {
    const ip = this.#table?.channel(peerId)?.ip ?? this.#gate.groupsOf(undefined);
    if (banMs > 0) this.#gate.ban({ peerId, ip }, banMs, reason);
    this.#table?.disconnect(peerId, banMs > 0 ? "PEER_BANNED" : "PEER_DISCONNECTED", reason);
  }

  learn(addresses: readonly string[], fromPeerId: string): void {
    const group = this.#table?.channel(fromPeerId)?.ip.group ?? "";
    const came = this.#addresses.told(addresses, fromPeerId, group);
    if (came === "news") this.#dialler.wake();
    if (came !== "tooFast") return;
    this.penalise(fromPeerId, TOO_MANY_ADDRESSES_POINTS, "addresses faster than they are taken");
  }

  known(): readonly string[] {
    return this.#addresses.worthTelling();
  }

  penalise(peerId: string, points: number, reason: string): void {
    this.#table?.charge(peerId, reason, (peer) => this.#gate.penalise(peer, points, reason));
  }

  accuse(peerId: string, points: number, reason: string): void {
    this.#table?.charge(peerId, reason, (peer) => this.#gate.accuse(peer, points, reason));
  }

  /** Every socket is closed within one second; no event follows. */
  stop(done: () => void): void {
    const { clock } = this.#options;
    const table = this.#table;
    this.#stopping = true;
    this.#sweep?.cancel();
    this.#dialler.stop();
    for (const dial of this.#dials) dial.abort();
    let open = 4;
    const closed = (): void => {
      open--;
      if (open > 0) return;
      cut.cancel();
      done();
    };
    const cut = clock.startTimer(STOP_GRACE_MS, () => table?.destroyAll());
    this.#addresses.close(closed);
    this.#gate.close(closed);
    this.#listener.close(closed);
    if (table === undefined) closed();
    else table.stop(closed);
  }

  /** Of a listener; a dialler speaks one version at a time. */
  #hello(dialled?: number): OwnHello {
    const { chainId, genesisHash, role, advertise } = this.#options;
    return {
      protocolVersion: dialled ?? this.#newest,
      oldestVersion: dialled ?? this.#oldest,
      chainId,
      genesisHash,
      role,
      dialler: dialled !== undefined,
      session: this.#session,
      listenAddress: advertise ?? "",
    };
  }

  #openListener(): PeerListener {
    const { identity, clock } = this.#options;
    const listener = new PeerListener({
      identity,
      pending: new PendingHandshakes({
        limits: this.#limits,
        clock,
        groupsOf: this.#gate.groupsOf,
        isExpected: (ip) => this.#gate.isExpected(ip),
        banOf: (ip) => this.#gate.isolation.addressBan(ip),
        dropped: (pending, reason, detail) => listener.dropped(pending, reason, detail),
      }),
      hello: this.#hello(),
      handshakeTimeoutMs: this.#limits.handshakeTimeoutMs,
      admit: (candidate) => this.#refusalOf(candidate),
      accepted: (channel) => this.#table?.add(channel),
      refused: (refusal) => this.#gate.refused(refusal),
    });
    return listener;
  }

  #refusalOf(candidate: Candidate): CloseReason | undefined {
    if (this.#table === undefined || this.#stopping) return "PEER_STOPPING";
    return this.#gate.refuses(candidate) ? "PEER_BANNED" : this.#table.refusalOf(candidate);
  }

  /** On the monotonic clock, as the dialler counts. */
  #bannedUntil(peerId: string): number | undefined {
    const { clock } = this.#options;
    const untilMs = this.#gate.isolation.nodeBannedUntil(peerId);
    return untilMs === undefined ? undefined : clock.monotonicMs() + untilMs - clock.nowMs();
  }

  /** An operator has banned somebody. */
  #closeRefused(): void {
    for (const channel of this.#table?.channels() ?? []) {
      if (!this.#gate.refuses(channel)) continue;
      this.#table?.disconnect(channel.peerId, "PEER_BANNED", "banned by the operator");
    }
  }

  #dial(address: PeerAddress): void {
    const { identity, clock } = this.#options;
    const { protectedPeers, groupsOf } = this.#gate;
    const version = this.#addresses.book.get(address.id)?.version ?? this.#newest;
    const context = {
      identity,
      clock,
      timeoutMs: this.#limits.handshakeTimeoutMs,
      lookup: this.#lookup,
      groupsOf,
      hello: this.#hello(version),
      trying: (ip: string): void => {
        if (protectedPeers.isConfigured(address.id))
          protectedPeers.foundAt(address.id, groupsOf(ip));
      },
    };
    const dial = dialPeer(address, context, (reached) => {
      this.#dials.delete(dial);
      const outcome = this.#unlessUnwanted(reached);
      if (this.#stopping && !outcome.ok) return;
      if (outcome.ok) {
        this.#table?.add(outcome.value);
        this.#reports.dialled(address.id);
      } else {
        const entry = this.#addresses.book.get(address.id);
        this.#reports.dialFailed(address, entry, outcome);
        if (entry !== undefined) entry.version = this.#versionAfter(outcome.code, version);
      }
      this.#dialler.dialled(address.id, outcome.ok ? outcome.value.ip.group : undefined);
    });
    this.#dials.add(dial);
  }

  /** A peer of an older program refuses the newest version: the next dial speaks the one before. */
  #versionAfter(code: LinkEnd, version: number): number | undefined {
    return code === "PEER_PROTOCOL_VERSION" && version > this.#oldest ? version - 1 : undefined;
  }

  /** Only when it is reached it is known where a name leads; and it may have been banned meanwhile. */
  #unlessUnwanted(outcome: DialOutcome): DialOutcome {
    if (!outcome.ok) return outcome;
    const { peerId, ip, ws } = outcome.value;
    if (this.#gate.refuses(outcome.value)) {
      ws.close(wireCode("PEER_BANNED"));
      return fail("PEER_BANNED", "banned while it was dialled");
    }
    const isStranger = !ip.isCluster && !this.#gate.protectedPeers.has(peerId);
    if (isStranger && this.#isGroupFull(ip.group)) {
      ws.close(wireCode("PEER_TOO_MANY"));
      return fail("PEER_TOO_MANY", `as many links as may be go to ${ip.group}`);
    }
    return outcome;
  }

  #isGroupFull(group: string): boolean {
    return (this.#table?.outboundOfGroup(group) ?? 0) >= this.#limits.maxOutboundOfGroup;
  }

  #changed(channel: Channel, reason: LinkEnd | undefined): void {
    this.#addresses.changed();
    if (reason !== undefined) {
      this.#reports.disconnected(channel, reason);
      this.#dialler.unlinked(channel.peerId);
      return;
    }
    this.#reports.connected(channel);
    this.#gate.protectedPeers.foundAt(channel.peerId, channel.ip);
    this.#addresses.ownWord(advertisedAddress(channel), channel.ip.group);
    this.#dialler.linked(channel.peerId);
  }

  #startSweep(): void {
    const periodMs = this.#limits.stallTimeoutMs / SWEEPS_PER_STALL;
    this.#sweep = this.#options.clock.startTimer(periodMs, () => {
      this.#table?.checkStalled();
      this.#reports.gauges(this.peers(), this.#table?.queuedBytes() ?? 0);
      this.#gate.isolation.gauge();
      this.#startSweep();
    });
  }
}

/**
 * A transport with its port bound; start() begins to dial and to accept.
 * @throws CodedError P2P_PORT_IN_USE, P2P_LISTEN_FAILED, PEER_ADDRESS_INVALID, PEER_SELF.
 */
export async function openWsTransport(options: WsTransportOptions): Promise<WsTransport> {
  const transport = new WsTransport(options);
  await transport.listen();
  return transport;
}
