// Who may have a link: bans, protection and the score of each peer in one place, so that the transport asks
// one question. Charges what goes wrong to whom it belongs, and says what is to become of the link.

import { join } from "node:path";
import type { Bans } from "../../types/bans.ts";
import { ProtectedPeers } from "./admission/protected-peers.ts";
import type { LinkEnd } from "./close-code.ts";
import type { InboundRefusal } from "./handshake/listener.ts";
import { type IpGrouping, type IpGroups, ipGrouping } from "./ip-groups.ts";
import { Isolation, type Suspect } from "./isolation/isolation.ts";
import type { Channel } from "./links/link.ts";
import type { PeerReports } from "./peer-reports.ts";
import type { WsTransportOptions } from "./transport-options.ts";

const BANS_FILE = "bans.json";
/** Of a connection that came to nothing through a fault of the other side. */
const FAILED_HANDSHAKE_POINTS = 1;
const FAULTS: ReadonlySet<LinkEnd> = new Set([
  "PEER_HANDSHAKE_TIMEOUT",
  "PEER_HANDSHAKE_FAILED",
  "PEER_IDENTITY",
  "PEER_MALFORMED",
  // A silent connection that another one needed the place of.
  "PEER_TOO_MANY",
]);

type PeerAt = Pick<Channel, "peerId" | "ip">;

export class Gate {
  readonly groupsOf: IpGrouping;
  readonly protectedPeers: ProtectedPeers;
  readonly #isolation: Isolation;
  readonly #reports: PeerReports;

  /** @param bannedByOperator links that a new ban covers are to be closed. */
  constructor(
    options: WsTransportOptions,
    parts: {
      readonly configured: readonly string[];
      readonly reports: PeerReports;
      readonly bannedByOperator: () => void;
    },
  ) {
    this.#reports = parts.reports;
    this.groupsOf = ipGrouping(options.clusterRanges);
    this.protectedPeers = new ProtectedPeers(parts.configured);
    const { dataDir, clock, log, metrics, refuse } = options;
    this.#isolation = new Isolation({
      clock,
      log,
      metrics,
      path: dataDir === undefined ? undefined : join(dataDir, BANS_FILE),
      refused: new Set(refuse),
      banned: (ban, cause) => parts.reports.banned(ban, cause),
      bannedByOperator: parts.bannedByOperator,
    });
  }

  /** For RPC, the command line and the admin API. */
  get bans(): Bans {
    return this.#isolation;
  }

  get isolation(): Pick<Isolation, "addressBan" | "scoreOf" | "nodeBannedUntil" | "gauge"> {
    return this.#isolation;
  }

  refuses(peer: PeerAt): boolean {
    return this.#isolation.refuses(this.#suspect(peer));
  }

  isExpected(ip: IpGroups): boolean {
    return this.protectedPeers.isExpected(ip);
  }

  /** Charges a linked peer; how its link ends, if it does. */
  penalise(
    peer: PeerAt,
    points: number,
    reason: string,
  ): "PEER_DISCONNECTED" | "PEER_BANNED" | undefined {
    const suspect = this.#suspect(peer);
    if (suspect.isProtected) return undefined;
    this.#reports.penalised(peer.peerId, points, reason);
    const sentence = this.#isolation.penalise(suspect, points, reason);
    if (sentence === "none") return undefined;
    return sentence === "ban" ? "PEER_BANNED" : "PEER_DISCONNECTED";
  }

  /** The same for what no honest peer keeps doing. */
  accuse(peer: PeerAt, points: number, reason: string): "PEER_BANNED" | undefined {
    const suspect = this.#suspect(peer);
    if (suspect.isProtected) return undefined;
    this.#reports.penalised(peer.peerId, points, reason);
    return this.#isolation.accuse(suspect, points, reason) === "ban" ? "PEER_BANNED" : undefined;
  }

  /** A proven fault, and how long it keeps the peer away. */
  ban(peer: PeerAt, banMs: number, reason: string): void {
    this.#isolation.ban(this.#suspect(peer), banMs, reason);
  }

  /** An inbound connection came to nothing. */
  refused(refusal: InboundRefusal): void {
    this.#reports.refused(refusal);
    const { pending, reason } = refusal;
    if (pending === undefined || pending.isReserved || !FAULTS.has(reason)) return;
    if (reason === "PEER_TOO_MANY" && refusal.peerId !== undefined) return;
    this.#isolation.penaliseAddress(pending.ip, FAILED_HANDSHAKE_POINTS, "handshakes that fail");
  }

  close(done: () => void): void {
    this.#isolation.close(done);
  }

  #suspect({ peerId, ip }: PeerAt): Suspect {
    return { peerId, ip, isProtected: this.protectedPeers.has(peerId) };
  }
}
