// Inbound connections that have not shown a verified hello. Each is counted before anything is allocated for
// it, and given back on every path, because the count follows the socket's own "close". Each has one deadline
// from the first moment of TCP to the hello. What always holds:
// - A newcomer finds a place: where all are taken it takes that of the worst, which is the oldest silent
//   connection of the group of addresses that holds most places.
// - Addresses of validators and configured peers have places and handshakes of their own.
// - Nothing is spent on TLS before the other side has sent a byte, and then at a bounded rate.

import type { Socket } from "node:net";
import type { Clock, Timer } from "../../../ports.ts";
import type { Ban } from "../../../types/bans.ts";
import { fail, ok, type Result } from "../../../types/errors.ts";
import type { LinkEnd } from "../close-code.ts";
import type { IpGrouping, IpGroups } from "../ip-groups.ts";
import type { PeerLimits } from "../limits.ts";
import { HandshakeRate } from "./handshake-rate.ts";

export interface PendingHandshake {
  readonly ip: IpGroups;
  readonly raw: Socket;
  /** On a place of its own kind: the address of a validator or of a configured peer. */
  readonly isReserved: boolean;
}

interface Entry extends PendingHandshake {
  readonly key: string;
  readonly deadline: Timer;
  /** It has sent a byte. */
  hasSpoken: boolean;
}

type Limits = Pick<
  PeerLimits,
  | "maxPendingHandshakes"
  | "maxPendingPerIp"
  | "reservedHandshakes"
  | "maxHandshakesPerSec"
  | "maxHandshakesPerSecPerIp"
  | "reservedHandshakesPerSec"
  | "handshakeTimeoutMs"
>;

export interface PendingParts {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly groupsOf: IpGrouping;
  /** Whether a validator or a configured peer is known at this address. */
  readonly isExpected: (ip: IpGroups) => boolean;
  readonly banOf: (ip: IpGroups) => Ban | undefined;
  /** The connection was given up; its socket is destroyed afterwards. */
  readonly dropped: (pending: PendingHandshake, reason: LinkEnd, detail: string) => void;
}

/** An address that the node itself has banned: a validator may stand behind it. */
const BANNED_PER_SEC = 1;

type Connection = { remoteAddress?: string | undefined; remotePort?: number | undefined };

const keyOf = (socket: Connection) => `${socket.remoteAddress ?? ""}|${socket.remotePort ?? 0}`;

export class PendingHandshakes {
  readonly #parts: PendingParts;
  readonly #rate: HandshakeRate;
  readonly #reservedRate: HandshakeRate;
  /** The oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(parts: PendingParts) {
    this.#parts = parts;
    this.#rate = new HandshakeRate(parts.limits.maxHandshakesPerSec);
    this.#reservedRate = new HandshakeRate(parts.limits.reservedHandshakesPerSec);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Takes a fresh connection, or says why not. */
  enter(raw: Socket): Result<PendingHandshake, LinkEnd> {
    const { clock, limits, groupsOf, banOf, dropped } = this.#parts;
    const ip = groupsOf(raw.remoteAddress);
    if (ip.address === "") return fail("PEER_CLOSED", "gone before it was taken");
    const ban = banOf(ip);
    if (ban?.by === "operator") return fail("PEER_BANNED", `${ban.target} is banned`);
    const isReserved = this.#hasReserved(ip);
    if (!isReserved) this.#makeRoom(ip, ban !== undefined);
    const { handshakeTimeoutMs } = limits;
    const deadline = clock.startTimer(handshakeTimeoutMs, () => {
      dropped(entry, "PEER_HANDSHAKE_TIMEOUT", `no hello within ${handshakeTimeoutMs} ms`);
      raw.destroy();
    });
    const entry: Entry = { ip, raw, isReserved, key: keyOf(raw), deadline, hasSpoken: false };
    this.#entries.set(entry.key, entry);
    raw.once("close", () => this.#leave(entry));
    return ok(entry);
  }

  /** The first byte has come: whether the handshake may begin. */
  begin(pending: PendingHandshake): boolean {
    const { clock, limits, banOf } = this.#parts;
    const { ip, raw, isReserved } = pending;
    const entry = this.#entries.get(keyOf(raw));
    if (entry === undefined) return false;
    entry.hasSpoken = true;
    const nowMs = clock.monotonicMs();
    if (isReserved && this.#reservedRate.allow(ip.address, Infinity, nowMs)) return true;
    if (banOf(ip) !== undefined) return this.#rate.allow(ip.address, BANNED_PER_SEC, nowMs);
    const most = ip.isCluster ? Infinity : limits.maxHandshakesPerSecPerIp;
    return this.#rate.allow(ip.address, most, nowMs);
  }

  /** The entry of the connection that `socket` (the same one, or TLS on it) belongs to. */
  of(socket: Connection): PendingHandshake | undefined {
    return this.#entries.get(keyOf(socket));
  }

  /** The hello is verified: the connection is a link now. */
  settled(pending: PendingHandshake): void {
    const entry = this.#entries.get(keyOf(pending.raw));
    if (entry !== undefined) this.#leave(entry);
  }

  destroyAll(): void {
    for (const { raw } of this.#entries.values()) raw.destroy();
  }

  #hasReserved(ip: IpGroups): boolean {
    const { limits, isExpected } = this.#parts;
    if (!isExpected(ip)) return false;
    let [all, ofAddress] = [0, 0];
    for (const entry of this.#entries.values()) {
      if (!entry.isReserved) continue;
      all++;
      if (entry.ip.address === ip.address) ofAddress++;
    }
    return all < limits.reservedHandshakes && ofAddress < limits.maxPendingPerIp;
  }

  /** Gives up the worst connection where a newcomer from this address would be one too many. */
  #makeRoom(ip: IpGroups, isBanned: boolean): void {
    const { maxPendingHandshakes, maxPendingPerIp } = this.#parts.limits;
    const common = Array.from(this.#entries.values()).filter(({ isReserved }) => !isReserved);
    const ofAddress = common.filter((entry) => entry.ip.address === ip.address);
    const most = ip.isCluster ? Infinity : maxPendingPerIp;
    if (ofAddress.length >= (isBanned ? 1 : most)) this.#drop(worstOf(ofAddress));
    else if (common.length >= maxPendingHandshakes) this.#drop(worstOf(ofLargestGroup(common, ip)));
  }

  #drop(entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.#leave(entry);
    this.#parts.dropped(entry, "PEER_TOO_MANY", "its place was needed for a newer connection");
    entry.raw.destroy();
  }

  #leave(entry: Entry): void {
    if (this.#entries.get(entry.key) !== entry) return;
    entry.deadline.cancel();
    this.#entries.delete(entry.key);
  }
}

/** The oldest that says nothing, or else the oldest. */
const worstOf = (entries: readonly Entry[]): Entry | undefined =>
  entries.find(({ hasSpoken }) => !hasSpoken) ?? entries[0];

/** The entries of the group that has most of them, the newcomer counted. */
function ofLargestGroup(entries: readonly Entry[], newcomer: IpGroups): readonly Entry[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.ip.group) ?? [];
    groups.set(entry.ip.group, group);
    group.push(entry);
  }
  let largest: readonly Entry[] = [];
  let largestSize = 0;
  for (const [group, members] of groups) {
    const size = members.length + (group === newcomer.group ? 1 : 0);
    if (size > largestSize) [largest, largestSize] = [members, size];
  }
  return largest;
}
