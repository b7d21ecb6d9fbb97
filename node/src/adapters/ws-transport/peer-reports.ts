// What the operator is told of links: a log line and a metric for every link that begins or ends and
// for every attempt that fails, with the catalogue's code. Lines that strangers can cause are bounded.

import type { Clock, Log, Metrics, Peer } from "../../ports.ts";
import type { Ban } from "../../types/bans.ts";
import type { AddressEntry } from "./addresses/address-entry.ts";
import type { PeerAddress } from "./addresses/peer-address.ts";
import type { LinkEnd } from "./close-code.ts";
import type { InboundRefusal } from "./handshake/listener.ts";
import type { BanCause } from "./isolation/isolation.ts";
import type { Channel } from "./links/link.ts";
import { RefusalLog } from "./refusal-log.ts";

/** Ends that belong to normal life. */
const QUIET: ReadonlySet<LinkEnd> = new Set(["PEER_CLOSED", "PEER_STOPPING", "PEER_DUPLICATE"]);

export class PeerReports {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #refusals: RefusalLog;

  constructor(parts: { log: Log; metrics: Metrics; clock: Clock }) {
    this.#log = parts.log;
    this.#metrics = parts.metrics;
    this.#refusals = new RefusalLog(parts.log, parts.clock);
  }

  refused({ ip, peerId, reason, detail }: InboundRefusal): void {
    this.#metrics.count("p2p_dropped_total", { reason });
    const fields = { ip, ...(peerId === undefined ? {} : { peer: peerId }), detail };
    if (QUIET.has(reason)) this.#log.debug({ code: reason, ...fields }, "inbound link refused");
    else this.#refusals.warn(reason, fields, "inbound link refused");
  }

  penalised(peerId: string, points: number, reason: string): void {
    this.#metrics.count("p2p_penalties_total", { reason }, points);
    this.#log.debug({ peer: peerId, points, reason }, "points charged to a peer");
  }

  /** A node id or a range of addresses, by the node's own judgement. */
  banned({ target, sinceMs, untilMs, reason }: Ban, cause: BanCause): void {
    // The driver counts what it has proved itself.
    if (cause !== "protocol") this.#metrics.count("p2p_bans_total", { reason: cause });
    const lastsMs = untilMs - sinceMs;
    const fields = { [cause === "range" ? "range" : "peer"]: target, lastsMs, reason };
    this.#refusals.warn("PEER_BANNED", fields, "banned");
  }

  dialled(peerId: string): void {
    this.#metrics.count("p2p_dials_total", { result: "linked" });
    this.#log.debug({ peer: peerId }, "dial succeeded");
  }

  /**
   * The same reason again is no news: an address that stays down is logged once. Addresses that others told are
   * logged at debug: strangers could fill the log with them.
   */
  dialFailed(
    address: PeerAddress,
    entry: AddressEntry | undefined,
    failure: { readonly code: LinkEnd; readonly reason: string },
  ): void {
    const { code, reason: detail } = failure;
    this.#metrics.count("p2p_dials_total", { result: code });
    const isNews = entry?.isConfigured === true && entry.lastReason !== code && !QUIET.has(code);
    if (isNews) entry.lastReason = code;
    const fields = { code, peer: address.text, detail };
    if (isNews) this.#log.warn(fields, "no link to the peer; trying again");
    else this.#log.debug(fields, "no link to the peer; trying again");
  }

  connected(channel: Channel): void {
    const { peerId: peer, outbound, remoteAddress: address, hello } = channel;
    this.#log.info({ peer, outbound, role: hello.role, address }, "peer connected");
  }

  disconnected(channel: Channel, reason: LinkEnd): void {
    const fields = { code: reason, peer: channel.peerId, outbound: channel.outbound };
    this.#metrics.count("p2p_dropped_total", { reason });
    if (QUIET.has(reason)) this.#log.info(fields, "peer disconnected");
    else this.#refusals.warn(reason, fields, "peer disconnected");
  }

  gauges(peers: readonly Peer[], queuedBytes: number): void {
    this.#metrics.gauge("p2p_queue_bytes", queuedBytes);
    for (const outbound of [true, false]) {
      for (const role of ["validator", "full"]) {
        const value = peers.filter(
          (peer) => peer.outbound === outbound && peer.role === role,
        ).length;
        this.#metrics.gauge("p2p_peers", value, { direction: outbound ? "out" : "in", role });
      }
    }
  }
}
