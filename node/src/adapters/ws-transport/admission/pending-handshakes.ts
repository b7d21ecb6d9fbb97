// Inbound connections that have not shown a verified hello: counted before anything is allocated for
// them, in total and per IP address, and given back on every path, because the count follows the
// socket's own "close". Each has one deadline from the first byte of TCP to the hello.

import type { Socket } from "node:net";
import type { Clock, Timer } from "../../../ports.ts";
import { ipKey } from "../ip-key.ts";
import type { PeerLimits } from "../limits.ts";
import { HandshakeRate } from "./handshake-rate.ts";

export interface PendingHandshake {
  readonly ip: string;
  readonly raw: Socket;
}

interface Entry extends PendingHandshake {
  readonly key: string;
  readonly deadline: Timer;
}

type Limits = Pick<
  PeerLimits,
  | "maxPendingHandshakes"
  | "maxPendingPerIp"
  | "maxPerIp"
  | "maxHandshakesPerSec"
  | "maxHandshakesPerSecPerIp"
  | "handshakeTimeoutMs"
>;

const keyOf = (socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }) =>
  `${socket.remoteAddress ?? ""}|${socket.remotePort ?? 0}`;

export class PendingHandshakes {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #linksOfIp: (ip: string) => number;
  readonly #rate: HandshakeRate;
  readonly #entries = new Map<string, Entry>();
  readonly #perIp = new Map<string, number>();

  /** @param linksOfIp inbound links that stand with an address. */
  constructor(limits: Limits, clock: Clock, linksOfIp: (ip: string) => number) {
    this.#limits = limits;
    this.#rate = new HandshakeRate(limits);
    this.#clock = clock;
    this.#linksOfIp = linksOfIp;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Counts a fresh connection; false where there is no room. `expired` is called at its deadline. */
  enter(raw: Socket, expired: (pending: PendingHandshake) => void): boolean {
    const ip = ipKey(raw.remoteAddress);
    const ofIp = this.#perIp.get(ip) ?? 0;
    if (ip === "" || this.#entries.size >= this.#limits.maxPendingHandshakes) return false;
    if (ofIp >= this.#limits.maxPendingPerIp) return false;
    if (ofIp + this.#linksOfIp(ip) >= this.#limits.maxPerIp) return false;
    if (!this.#rate.allow(ip, this.#clock.monotonicMs())) return false;
    const key = keyOf(raw);
    const deadline = this.#clock.startTimer(this.#limits.handshakeTimeoutMs, () => {
      expired(entry);
      raw.destroy();
    });
    const entry: Entry = { ip, raw, key, deadline };
    this.#entries.set(key, entry);
    this.#perIp.set(ip, ofIp + 1);
    raw.once("close", () => this.#leave(entry));
    return true;
  }

  /** The entry of the connection that `socket` (the same one, or TLS on it) belongs to. */
  of(socket: {
    remoteAddress?: string | undefined;
    remotePort?: number | undefined;
  }): PendingHandshake | undefined {
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

  #leave(entry: Entry): void {
    if (this.#entries.get(entry.key) !== entry) return;
    entry.deadline.cancel();
    this.#entries.delete(entry.key);
    const left = (this.#perIp.get(entry.ip) ?? 1) - 1;
    if (left === 0) this.#perIp.delete(entry.ip);
    else this.#perIp.set(entry.ip, left);
  }
}
