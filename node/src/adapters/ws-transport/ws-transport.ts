// The Transport over WebSocket on mutually authenticated TLS 1.3 (docs/adr/0008): composes the listener,
// the dialler and the link table, and says why each link or attempt ended. Opened by the daemon; the
// driver sees only the port. Whatever a peer does ends in an event, a log line and a metric, never in
// an exception; an exception of the driver's own handler is not caught.

import type {
  Clock,
  Log,
  Metrics,
  Peer,
  PeerRole,
  Random,
  Timer,
  Transport,
  TransportEvents,
} from "../../ports.ts";
import { CodedError, fail, invariant } from "../../types/errors.ts";
import { AddressBook } from "./addresses/address-book.ts";
import { Dialler } from "./addresses/dialler.ts";
import { limitedLookup } from "./addresses/host-lookup.ts";
import { type PeerAddress, parseHostPort, parsePeerAddress } from "./addresses/peer-address.ts";
import { PendingHandshakes } from "./admission/pending-handshakes.ts";
import { type LinkEnd, wireCode } from "./close-code.ts";
import { type DialOutcome, dialPeer } from "./handshake/dial.ts";
import { type Hello, PROTOCOL_VERSION, SESSION_BYTES } from "./handshake/hello.ts";
import { PeerListener } from "./handshake/listener.ts";
import type { NodeIdentity } from "./handshake/node-identity.ts";
import { BanList } from "./isolation/ban-list.ts";
import { type PeerLimits, peerLimits } from "./limits.ts";
import type { Channel } from "./links/link.ts";
import { advertisedAddress, type Candidate, LinkTable } from "./links/link-table.ts";
import { PeerReports } from "./peer-reports.ts";

export interface WsTransportOptions {
  readonly identity: NodeIdentity;
  readonly chainId: string;
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  readonly role: PeerRole;
  readonly host: string;
  /** 0: any free port, see WsTransport.port. */
  readonly port: number;
  /** "host:port" under which others reach this node; absent: it is not told to anyone. */
  readonly advertise?: string | undefined;
  /** "nodeId@host:port" each: always kept connected. */
  readonly peers: readonly string[];
  /** Node ids that are never linked with. */
  readonly refuse?: readonly string[];
  /** False: only `peers` are dialled (validators behind sentries). Default true. */
  readonly dialLearned?: boolean;
  /** Default PROTOCOL_VERSION. */
  readonly protocolVersion?: number;
  readonly limits?: Partial<PeerLimits>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Of stop(): closing handshakes get this long, then sockets are cut. */
const STOP_GRACE_MS = 600;
/** Stalls are looked for, and byte counts reported, this often within one stall timeout. */
const SWEEPS_PER_STALL = 5;

export class WsTransport implements Transport {
  readonly #options: WsTransportOptions;
  readonly #limits: PeerLimits;
  readonly #session: Uint8Array;
  readonly #bans: BanList;
  readonly #book: AddressBook;
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
    const { identity, clock, random } = options;
    this.#session = random.bytes(SESSION_BYTES);
    this.#bans = new BanList(this.#limits.maxBans);
    for (const id of options.refuse ?? []) this.#bans.add(id, Infinity);
    this.#book = new AddressBook(identity.nodeId, this.#limits.maxKnown);
    for (const text of options.peers) this.#book.configure(requireAddress(text));
    this.#reports = new PeerReports(options);
    this.#dialler = new Dialler({
      book: this.#book,
      clock,
      random,
      limits: this.#limits,
      outboundLinks: () => this.#table?.count(true) ?? 0,
      bannedUntil: (peerId) => this.#bans.until(peerId, clock.monotonicMs()),
      dial: (address) => this.#dial(address),
    });
    this.#listener = new PeerListener({
      identity,
      pending: new PendingHandshakes(
        this.#limits,
        clock,
        (ip) => this.#table?.inboundOfIp(ip) ?? 0,
      ),
      hello: this.#hello(false),
      handshakeTimeoutMs: this.#limits.handshakeTimeoutMs,
      admit: (candidate) => this.#refusalOf(candidate),
      accepted: (channel) => this.#table?.add(channel),
      refused: (ip, reason, detail) => this.#reports.refused(ip, reason, detail),
    });
  }

  /** The port bound. */
  get port(): number {
    return this.#port;
  }

  /**
   * Binds the P2P port. Until start() whoever connects is told to come back (PEER_STOPPING).
   * @throws CodedError P2P_PORT_IN_USE, P2P_LISTEN_FAILED.
   */
  async listen(): Promise<void> {
    this.#port = await this.#listener.listen(this.#options.host, this.#options.port);
  }

  start(events: TransportEvents): void {
    invariant(this.#table === undefined, "the transport is started once");
    this.#table = new LinkTable({
      selfId: this.#options.identity.nodeId,
      clock: this.#options.clock,
      limits: this.#limits,
      events,
      isConfigured: (peerId) => this.#book.get(peerId)?.configured === true,
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

  disconnect(peerId: string, reason: string, banMs: number): void {
    if (banMs > 0) {
      this.#bans.add(peerId, this.#options.clock.monotonicMs() + banMs);
      this.#options.log.warn({ code: "PEER_BANNED", peer: peerId, banMs, reason }, "peer banned");
    }
    this.#table?.disconnect(peerId, banMs > 0 ? "PEER_BANNED" : "PEER_DISCONNECTED", reason);
  }

  learn(addresses: readonly string[]): void {
    if (this.#options.dialLearned === false) return;
    let changed = false;
    for (const text of addresses.slice(0, this.#limits.maxKnown)) {
      const parsed = parsePeerAddress(text);
      if (parsed.ok) changed = this.#book.learn(parsed.value) || changed;
    }
    if (changed) this.#dialler.wake();
  }

  known(): readonly string[] {
    return this.#book.confirmed();
  }

  /** Every socket is closed within one second; no event follows. */
  stop(done: () => void): void {
    const { clock } = this.#options;
    const table = this.#table;
    this.#stopping = true;
    this.#sweep?.cancel();
    this.#dialler.stop();
    for (const dial of this.#dials) dial.abort();
    let open = 2;
    const closed = (): void => {
      open--;
      if (open > 0) return;
      cut.cancel();
      done();
    };
    const cut = clock.startTimer(STOP_GRACE_MS, () => table?.destroyAll());
    this.#listener.close(closed);
    if (table === undefined) closed();
    else table.stop(closed);
  }

  #hello(dialler: boolean): Hello {
    const { chainId, genesisHash, role, advertise } = this.#options;
    return {
      protocolVersion: this.#options.protocolVersion ?? PROTOCOL_VERSION,
      chainId,
      genesisHash,
      role,
      dialler,
      session: this.#session,
      listenAddress: advertise ?? "",
    };
  }

  #refusalOf(candidate: Candidate): ReturnType<LinkTable["refusalOf"]> {
    const banned = this.#bans.until(candidate.peerId, this.#options.clock.monotonicMs());
    if (this.#table === undefined || this.#stopping) return "PEER_STOPPING";
    return banned === undefined ? this.#table.refusalOf(candidate) : "PEER_BANNED";
  }

  #dial(address: PeerAddress): void {
    const { identity, clock } = this.#options;
    const context = {
      identity,
      clock,
      timeoutMs: this.#limits.handshakeTimeoutMs,
      lookup: this.#lookup,
      hello: this.#hello(true),
    };
    const dial = dialPeer(address, context, (reached) => {
      this.#dials.delete(dial);
      const outcome = this.#unlessBanned(reached);
      if (this.#stopping && !outcome.ok) return;
      if (outcome.ok) {
        this.#table?.add(outcome.value);
        this.#reports.dialled(address.id);
      } else {
        this.#reports.dialFailed(address, this.#book.get(address.id), outcome);
      }
      this.#dialler.dialled(address.id, outcome.ok);
    });
    this.#dials.add(dial);
  }

  /** The peer may have been banned while it was dialled. */
  #unlessBanned(outcome: DialOutcome): DialOutcome {
    if (!outcome.ok) return outcome;
    const { peerId, ws } = outcome.value;
    if (this.#bans.until(peerId, this.#options.clock.monotonicMs()) === undefined) return outcome;
    ws.close(wireCode("PEER_BANNED"));
    return fail("PEER_BANNED", "banned while it was dialled");
  }

  #changed(channel: Channel, reason: LinkEnd | undefined): void {
    if (reason !== undefined) {
      this.#reports.disconnected(channel, reason);
      this.#dialler.unlinked(channel.peerId);
      return;
    }
    this.#reports.connected(channel);
    const told = advertisedAddress(channel);
    const address = told === undefined ? undefined : parsePeerAddress(told);
    if (address?.ok === true && this.#options.dialLearned !== false) {
      this.#book.confirm(address.value);
    }
    this.#dialler.linked(channel.peerId);
  }

  #startSweep(): void {
    const periodMs = this.#limits.stallTimeoutMs / SWEEPS_PER_STALL;
    this.#sweep = this.#options.clock.startTimer(periodMs, () => {
      this.#table?.checkStalled();
      this.#reports.gauges(this.peers(), this.#table?.queuedBytes() ?? 0);
      this.#startSweep();
    });
  }
}

/**
 * A transport with its port bound; start() begins to dial and to accept.
 * @throws CodedError P2P_PORT_IN_USE, P2P_LISTEN_FAILED, PEER_ADDRESS_INVALID (a configured peer).
 */
export async function openWsTransport(options: WsTransportOptions): Promise<WsTransport> {
  const { advertise } = options;
  if (advertise !== undefined) {
    const parsed = parseHostPort(advertise);
    if (!parsed.ok) throw new CodedError(parsed.code, `p2p.advertise: ${parsed.reason}`);
  }
  const transport = new WsTransport(options);
  await transport.listen();
  return transport;
}

function requireAddress(text: string): PeerAddress {
  const parsed = parsePeerAddress(text);
  if (!parsed.ok) throw new CodedError(parsed.code, `p2p.peers: ${parsed.reason}`);
  return parsed.value;
}
