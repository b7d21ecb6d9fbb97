import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeIdOf } from "../../../crypto/pure-keys.ts";
import type { Ban } from "../../../types/bans.ts";
import { VirtualClock } from "../../memory/virtual-clock.ts";
import { ipGrouping } from "../ip-groups.ts";
import { DEFAULT_PEER_LIMITS, type PeerLimits } from "../limits.ts";
import { HandshakeRate } from "./handshake-rate.ts";
import { PendingHandshakes } from "./pending-handshakes.ts";
import { ProtectedPeers } from "./protected-peers.ts";
import { type Place, placeToGive } from "./stranger-places.ts";

const groupsOf = ipGrouping(["10.0.0.0/8"]);

/** As much of a socket as PendingHandshakes uses. */
class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  readonly remotePort: number;
  isOpen = true;

  constructor(remoteAddress: string, remotePort: number) {
    super();
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  destroy(): void {
    this.isOpen = false;
    this.emit("close");
  }
}

function openPending(limits: Partial<PeerLimits> = {}, ban?: Ban) {
  const clock = new VirtualClock();
  const expected = new Set<string>();
  const dropped: string[] = [];
  const pending = new PendingHandshakes({
    limits: { ...DEFAULT_PEER_LIMITS, ...limits },
    clock,
    groupsOf,
    isExpected: ({ address }) => expected.has(address),
    banOf: ({ address }) => (ban?.target === address ? ban : undefined),
    dropped: ({ ip }, reason) => dropped.push(`${ip.address} ${reason}`),
  });
  let port = 1;
  const connect = (address: string) => {
    const socket = new FakeSocket(address, port++);
    const entered = pending.enter(socket as unknown as Socket);
    return { socket, entered, speak: () => entered.ok && pending.begin(entered.value) };
  };
  return { clock, pending, expected, dropped, connect };
}

/** 198.18.x.y and on: addresses of one /16 for each multiple of 65,536. */
const addressOf = (number: number): string =>
  [20 + (number >> 24), (number >> 16) & 255, (number >> 8) & 255, number & 255].join(".");

describe("handshake rate", () => {
  it("bounds what begins in a second, for one address and for all", () => {
    const rate = new HandshakeRate(5);
    const tried = (ips: string, nowMs: number) => Array.from(ips, (ip) => rate.allow(ip, 2, nowMs));
    expect(tried("aaab", 0)).toEqual([true, true, false, true]);
    expect(tried("cde", 999)).toEqual([true, true, false]);
    expect(tried("aaa", 1_000)).toEqual([true, true, false]);
  });
});

describe("pending handshakes", () => {
  it("never hold more than their places, and always take a newcomer", () => {
    const arrival = fc.record({
      address: fc.nat(300_000),
      speaks: fc.boolean(),
      leaves: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 300 }), (arrivals) => {
        const { pending, connect } = openPending({ maxPendingHandshakes: 16, maxPendingPerIp: 2 });
        const open: FakeSocket[] = [];
        for (const { address, speaks, leaves } of arrivals) {
          const { socket, entered, speak } = connect(addressOf(address));
          open.push(socket);
          expect(entered.ok && socket.isOpen).toBe(true);
          if (speaks) speak();
          if (leaves === 0) open.splice(0, 1)[0]?.destroy();
          expect(pending.size).toBe(open.filter(({ isOpen }) => isOpen).length);
          expect(pending.size).toBeLessThanOrEqual(16);
        }
        for (const socket of open) socket.destroy();
        expect(pending.size).toBe(0);
      }),
    );
  });

  it("keep an honest newcomer while a /16 opens 10,000 silent connections", () => {
    const { connect } = openPending({ maxPendingPerIp: 8 });
    for (let i = 0; i < 5_000; i++) connect(addressOf(i));
    const honest = connect("203.0.113.5");
    expect(honest.speak()).toBe(true);
    for (let i = 5_000; i < 10_000; i++) connect(addressOf(i));
    expect(honest.socket.isOpen).toBe(true);
  });

  it("keep who speaks before who is silent, from one address too", () => {
    const { connect } = openPending({ maxPendingPerIp: 4 });
    const honest = connect("203.0.113.5");
    honest.speak();
    for (let i = 0; i < 100; i++) connect("203.0.113.5");
    expect(honest.socket.isOpen).toBe(true);
  });

  it("have places and handshakes for addresses of validators that strangers cannot take", () => {
    const { connect, expected } = openPending({ maxPendingHandshakes: 16 });
    expected.add("203.0.113.5");
    const begun = Array.from({ length: 400 }, (_, i) => connect(addressOf(i << 16)).speak());
    expect(begun.filter(Boolean).length).toBe(DEFAULT_PEER_LIMITS.maxHandshakesPerSec);
    const validator = connect("203.0.113.5");
    expect(validator.speak()).toBe(true);
    for (let i = 400; i < 800; i++) connect(addressOf(i << 16)).speak();
    expect(validator.socket.isOpen).toBe(true);
  });

  it("give one validator's address no more than its share of the reserved places", () => {
    const { pending, connect, expected } = openPending({ maxPendingPerIp: 4 });
    expected.add("203.0.113.5").add("203.0.113.6");
    for (let i = 0; i < 100; i++) connect("203.0.113.5");
    const other = connect("203.0.113.6");
    expect(other.entered).toMatchObject({ ok: true, value: { isReserved: true } });
    expect(pending.size).toBe(4 + 4 + 1);
  });

  it("limit no address of the cluster's own ranges by itself", () => {
    const { connect } = openPending({ maxPendingPerIp: 2, maxHandshakesPerSecPerIp: 2 });
    const own = Array.from({ length: 50 }, () => connect("10.1.1.1"));
    expect(own.every(({ socket }) => socket.isOpen)).toBe(true);
    expect(own.every(({ speak }) => speak())).toBe(true);
  });

  it("hear a banned address once a second, and one that an operator banned never", () => {
    const ban = { target: "203.0.113.5", sinceMs: 0, untilMs: 1e9, reason: "" };
    const own = openPending({}, { ...ban, by: "node" });
    const heard = [0, 0, 1_000, 0, 1_000].map((waitMs) => {
      own.clock.advance(waitMs);
      return own.connect("203.0.113.5").speak();
    });
    expect(heard).toEqual([true, false, true, false, true]);
    const operators = openPending({}, { ...ban, by: "operator" });
    const { entered } = operators.connect("203.0.113.5");
    expect(entered).toMatchObject({ ok: false, code: "PEER_BANNED" });
    expect(operators.connect("203.0.113.6").speak()).toBe(true);
  });

  it("end at their deadline", () => {
    const { clock, pending, connect, dropped } = openPending({ handshakeTimeoutMs: 5_000 });
    const { socket } = connect("203.0.113.5");
    clock.advance(4_999);
    expect(socket.isOpen).toBe(true);
    clock.advance(1);
    expect([socket.isOpen, pending.size]).toEqual([false, 0]);
    expect(dropped).toEqual(["203.0.113.5 PEER_HANDSHAKE_TIMEOUT"]);
  });
});

describe("protected peers", () => {
  const key = (number: number) => new Uint8Array(32).fill(number);
  const ip = (text: string) => groupsOf(text);

  it("are the configured ones and the validators of the day", () => {
    const peers = new ProtectedPeers(["c".repeat(40)]);
    peers.follow([key(1), key(2)]);
    const [one, two] = [idOfKey(1), idOfKey(2)];
    expect([one, two, "c".repeat(40), "d".repeat(40)].map((id) => peers.has(id))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    peers.foundAt(one, ip("203.0.113.1"));
    peers.foundAt(two, ip("203.0.113.2"));
    peers.foundAt("d".repeat(40), ip("203.0.113.3"));
    const expected = [1, 2, 3].map((last) => peers.isExpected(ip(`203.0.113.${last}`)));
    expect(expected).toEqual([true, true, false]);
    peers.follow([key(2)]);
    expect(peers.has(one)).toBe(false);
    expect(peers.isExpected(ip("203.0.113.1"))).toBe(false);
  });

  it("are expected at their latest two addresses", () => {
    const peers = new ProtectedPeers(["c".repeat(40)]);
    for (const last of [1, 2, 1, 3]) peers.foundAt("c".repeat(40), ip(`203.0.113.${last}`));
    const expected = [1, 2, 3].map((last) => peers.isExpected(ip(`203.0.113.${last}`)));
    expect(expected).toEqual([true, false, true]);
  });
});

describe("a place for a stranger", () => {
  const place = fc.record({
    group: fc.constantFrom("a", "b", "c", "d"),
    score: fc.constantFrom(0, 0, 0, 10, 30),
    connectedAtMs: fc.nat(1_000),
  });
  const sizeOf = (places: readonly Place[], group: string): number =>
    places.filter((one) => one.group === group).length;

  it("is given up by the largest group, never by a smaller one than the newcomer's", () => {
    fc.assert(
      fc.property(fc.array(place), fc.constantFrom("a", "b", "e"), (places, group) => {
        const given = placeToGive(places, group);
        const bad = places.filter(({ score }) => score >= 25);
        const largest = Math.max(0, ...places.map((one) => sizeOf(places, one.group)));
        if (given === undefined) {
          expect(bad).toEqual([]);
          expect(largest).toBeLessThanOrEqual(sizeOf(places, group));
        } else if (bad.length > 0) {
          expect(given.score).toBe(Math.max(...bad.map(({ score }) => score)));
        } else {
          expect(sizeOf(places, given.group)).toBe(largest);
          expect(largest).toBeGreaterThan(sizeOf(places, group));
        }
      }),
    );
  });

  it("goes from the youngest link of the crowd, so that old links stay", () => {
    const crowd = [5, 9, 7].map((connectedAtMs) => ({ group: "a", score: 0, connectedAtMs }));
    const old = { group: "b", score: 0, connectedAtMs: 99 };
    expect(placeToGive([...crowd, old], "c")).toMatchObject({ group: "a", connectedAtMs: 9 });
    expect(placeToGive([...crowd, old], "a")).toBeUndefined();
  });

  it("of a thousand newcomers of one group never costs another group its links", () => {
    const places: Place[] = Array.from({ length: 128 }, (_, i) => ({
      group: `honest-${i}`,
      score: 0,
      connectedAtMs: i,
    }));
    for (let i = 0; i < 1_000; i++) {
      const given = placeToGive(places, "crowd");
      if (given === undefined) continue;
      places.splice(places.indexOf(given), 1, {
        group: "crowd",
        score: 0,
        connectedAtMs: 1_000 + i,
      });
    }
    expect(sizeOf(places, "crowd")).toBe(1);
  });
});

function idOfKey(number: number): string {
  return nodeIdOf(new Uint8Array(32).fill(number));
}
