import { describe, expect, it } from "vitest";
import { walletOf } from "../../../test/ledger-fixtures.ts";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import type { Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import { sha256 } from "../../crypto/hash.ts";
import { txidOf, witnessIdOf } from "../../crypto/ids.ts";
import { type CheckedTransaction, identify } from "../../ledger/validate-transaction.ts";
import type { Peer } from "../../ports.ts";
import type { HashHex, Transaction } from "../../types/chain.ts";
import { type ErrorCode, fail, ok } from "../../types/errors.ts";
import { MAX_TX_IDS } from "../../types/limits.ts";
import type { Outbound } from "./outbound.ts";
import { PeerBook } from "./peer-book.ts";
import { TxRelay } from "./tx-relay.ts";

/** Transaction `i`; the pool below takes whatever it is given, so only its id matters. */
const txOf = (i: number): Transaction => ({
  body: {
    version: 1,
    inputs: [{ txid: new Uint8Array(32), index: i }],
    outputs: [{ value: 1n, address: walletOf(0).address }],
    payload: new Uint8Array(0),
  },
  witnesses: [],
});
/** What a real pool would have checked. */
const entryOf = (tx: Transaction) => ({ ...identify(tx), fee: 0n }) as CheckedTransaction;
const idOf = (tx: Transaction): HashHex => toHex(witnessIdOf(tx));

const peerOf = (id: string): Peer => ({
  id,
  nodeKey: new Uint8Array(32),
  role: "full",
  address: `${id}@host:1`,
  outbound: true,
  connectedAtMs: 0,
  version: 2,
});

interface WorldOptions {
  /** Why the pool refuses a transaction; undefined: it does not. */
  readonly refuse?: (tx: Transaction) => ErrorCode | undefined;
  readonly passedOver?: () => readonly HashHex[];
  readonly isFinal?: (txid: Uint8Array) => boolean;
  readonly isCurrent?: () => boolean;
}

function world(peerCount = 2, options: WorldOptions = {}) {
  const { refuse, passedOver = () => [], isFinal = () => false, isCurrent = () => true } = options;
  const clock = new VirtualClock();
  const peers = new PeerBook([]);
  const all = Array.from({ length: peerCount }, (_, i) => peerOf(`p${i}`));
  for (const peer of all) peers.connected(peer);
  const sent: { to: string; message: Message }[] = [];
  const outbound: Pick<Outbound, "to"> = {
    to: (to, message) => {
      sent.push({ to, message });
      return true;
    },
  };
  const held = new Map<HashHex, CheckedTransaction>();
  const pool = {
    get size() {
      return held.size;
    },
    has: (id: HashHex) => held.has(id),
    get: (id: HashHex) => held.get(id),
    admit: (tx: Transaction) => {
      if (held.has(idOf(tx))) return fail("TX_KNOWN", "known");
      const refusal = refuse?.(tx);
      if (refusal !== undefined) return fail(refusal, "refused");
      const entry = entryOf(tx);
      held.set(idOf(tx), entry);
      return ok(entry);
    },
  };
  const metrics = new RecordedMetrics();
  let admitted = 0;
  const onAdmitted = (): void => {
    admitted++;
  };
  const punished: string[] = [];
  const vain: { peer: string; holdMs: number; points: number }[] = [];
  const relay = new TxRelay({
    clock,
    transport: { queuedBytes: () => 0 },
    outbound,
    peers,
    pool: { ...pool, passedOver },
    metrics,
    punish: ({ id }) => punished.push(id),
    inVain: ({ id }, holdMs, points) => vain.push({ peer: id, holdMs, points }),
    isFinal,
    isCurrent,
    onAdmitted,
  });
  /** Takes bodies to the end. */
  const receive = (peer: Peer, transactions: readonly Transaction[]): void => {
    const work = relay.received(peer, transactions);
    while (work() !== undefined);
  };
  /** How many ids each message of a kind named, by peer. */
  const idsSent = (type: "txIds" | "getTxs") =>
    sent.flatMap(({ to, message }) =>
      message.type === type ? [[to, message.witnessIds.length] as const] : [],
    );
  return {
    clock,
    all,
    sent,
    held,
    metrics,
    relay,
    receive,
    punished,
    vain,
    idsSent,
    admitted: () => admitted,
  };
}

const first = (peers: readonly Peer[]): Peer => peers[0] ?? peerOf("none");
const second = (peers: readonly Peer[]): Peer => peers[1] ?? peerOf("none");

describe("TxRelay", () => {
  it("answers a submission with the txid, or with why not", () => {
    const { relay } = world();
    expect(relay.submit(txOf(0))).toEqual({ ok: true, value: txidOf(txOf(0).body) });
    expect(relay.submit(txOf(0))).toMatchObject({ code: "TX_KNOWN" });
  });

  it("announces what came within a tenth of a second in one batch to each peer", () => {
    const { clock, relay, idsSent, admitted } = world();
    for (let i = 0; i < 5; i++) relay.submit(txOf(i));
    clock.advance(99);
    expect(idsSent("txIds")).toEqual([]);
    clock.advance(1);
    expect(idsSent("txIds")).toEqual([
      ["p0", 5],
      ["p1", 5],
    ]);
    expect(admitted()).toBe(5);
    clock.advance(10_000);
    expect(idsSent("txIds").length).toBe(2);
  });

  it("splits what one message cannot hold", () => {
    const { clock, relay, idsSent } = world(1);
    for (let i = 0; i < MAX_TX_IDS + 10; i++) relay.submit(txOf(i));
    clock.advance(100);
    expect(idsSent("txIds")).toEqual([
      ["p0", MAX_TX_IDS],
      ["p0", 10],
    ]);
  });

  it("tells eight links at a time, and over time every one", () => {
    const { clock, relay, idsSent } = world(20);
    for (let batch = 0; batch < 3; batch++) {
      relay.submit(txOf(batch));
      clock.advance(100);
      expect(idsSent("txIds").length).toBe(8 * (batch + 1));
    }
    expect(new Set(idsSent("txIds").map(([to]) => to)).size).toBe(20);
  });

  it("asks one peer for what it lacks, and the next one when the first has not answered", () => {
    const { clock, relay, all, idsSent, held } = world();
    const [known, unknown] = [txOf(0), txOf(1)];
    held.set(idOf(known), entryOf(known));
    const ids = [witnessIdOf(known), witnessIdOf(unknown)];
    relay.announced(first(all), ids);
    relay.announced(second(all), ids);
    expect(idsSent("getTxs")).toEqual([["p0", 1]]);
    clock.advance(1_999);
    relay.announced(second(all), ids);
    relay.check();
    expect(idsSent("getTxs").length).toBe(1);
    clock.advance(1);
    relay.check();
    expect(idsSent("getTxs")).toEqual([
      ["p0", 1],
      ["p1", 1],
    ]);
  });

  it("takes a body once, and only where it asked for it", () => {
    const { relay, receive, all, held, metrics } = world();
    const [asked, unasked] = [txOf(0), txOf(1)];
    relay.announced(first(all), [witnessIdOf(asked)]);
    receive(second(all), [asked]);
    expect(held.size).toBe(0);
    receive(first(all), [asked, unasked, asked]);
    expect([...held.keys()]).toEqual([idOf(asked)]);
    expect(metrics.value("p2p_dropped_total", { reason: "unsolicited" })).toBe(3);
    expect(metrics.value("mempool_admitted_total", { source: "peer" })).toBe(1);
  });

  it("has a stranger asked for a hundred at once, and remembers a thousand of what it announces", () => {
    const { clock, relay, all, idsSent, metrics } = world();
    for (let i = 0; i < 3; i++) {
      const ids = Array.from({ length: MAX_TX_IDS }, (_, j) => witnessIdOf(txOf(i * 1_000 + j)));
      relay.announced(first(all), ids);
    }
    expect(idsSent("getTxs")).toEqual([["p0", 100]]);
    for (let i = 0; i < 100; i++) {
      clock.advance(2_000);
      relay.check();
    }
    const total = idsSent("getTxs").reduce((sum, [, count]) => sum + count, 0);
    expect(total).toBeLessThanOrEqual(1_200);
    expect(metrics.value("p2p_dropped_total", { reason: "txIdsQuota" })).toBe(3_000 - total);
  });

  it("asks for a payment at once, whatever others announce that they do not have", () => {
    const { relay, receive, all, held } = world(20);
    for (const liar of all.slice(1)) {
      for (let i = 0; i < 5; i++) {
        const ids = Array.from({ length: MAX_TX_IDS }, (_, j) =>
          sha256(Uint8Array.of(all.indexOf(liar), i, j & 255, j >> 8)),
        );
        relay.announced(liar, ids);
      }
    }
    const payment = txOf(1);
    relay.announced(first(all), [witnessIdOf(payment)]);
    receive(first(all), [payment]);
    expect(held.has(idOf(payment))).toBe(true);
  });

  it("lets the work of who does not deliver wait, and charges it where it goes on announcing", () => {
    const { clock, relay, all, vain } = world();
    const ids = Array.from({ length: 60 }, (_, i) => witnessIdOf(txOf(i)));
    const check = (afterMs: number): void => {
      clock.advance(afterMs);
      relay.check();
    };
    relay.announced(first(all), ids);
    check(2_000);
    expect(vain).toEqual([{ peer: "p0", holdMs: 300, points: 0 }]);
    // Who says nothing may be cut off.
    check(60_000);
    expect(vain.length).toBe(1);
    relay.announced(first(all), [witnessIdOf(txOf(61))]);
    check(7_999);
    expect(vain.filter(({ points }) => points > 0)).toEqual([]);
    check(1);
    expect(vain.at(-1)).toEqual({ peer: "p0", holdMs: 0, points: 15 });
    check(60_000);
    expect(vain.filter(({ points }) => points > 0).length).toBe(1);
  });

  it("asks a stranger nothing else while it owes an answer, for ten seconds", () => {
    const { clock, relay, all, idsSent } = world();
    relay.announced(
      first(all),
      Array.from({ length: 1_000 }, (_, i) => witnessIdOf(txOf(i))),
    );
    for (let passedMs = 0; passedMs < 29_500; passedMs += 500) {
      clock.advance(500);
      relay.check();
    }
    expect(idsSent("getTxs")).toEqual([
      ["p0", 100],
      ["p0", 100],
      ["p0", 100],
    ]);
  });

  it("takes what comes late, and charges nobody who is only slow", () => {
    const { clock, relay, receive, all, held, sent, vain } = world(1);
    const LATE_MS = 9_000;
    const tick = (forMs: number): void => {
      for (let i = 0; i < forMs / 500; i++) {
        clock.advance(500);
        relay.check();
      }
    };
    let answered = 0;
    for (let i = 0; i < 60; i++) {
      relay.announced(
        first(all),
        Array.from({ length: 100 }, (_, j) => witnessIdOf(txOf(100 * i + j))),
      );
      tick(LATE_MS);
      // It answers every question, each 9 s after it was put or later.
      const questions = sent.flatMap(({ message }) => (message.type === "getTxs" ? [message] : []));
      for (const { witnessIds } of questions.slice(answered)) {
        const wanted = new Set(witnessIds.map(toHex));
        const bodies = Array.from({ length: 100 * (i + 1) }, (_, n) => txOf(n));
        receive(
          first(all),
          bodies.filter((tx) => wanted.has(idOf(tx))),
        );
      }
      answered = questions.length;
    }
    expect(held.size).toBeGreaterThan(5_000);
    expect(vain.filter(({ points }) => points > 0)).toEqual([]);
  });

  it("forgives who has brought something the next hundred", () => {
    const { clock, relay, receive, all, vain } = world();
    relay.announced(first(all), [witnessIdOf(txOf(0))]);
    receive(first(all), [txOf(0)]);
    const points: number[] = [];
    for (let i = 0; i < 3; i++) {
      relay.announced(
        first(all),
        Array.from({ length: 100 }, (_, j) => sha256(Uint8Array.of(i, j))),
      );
      clock.advance(2_000);
      relay.check();
      relay.announced(first(all), []);
      clock.advance(8_000);
      relay.check();
      points.push(vain.reduce((sum, each) => sum + each.points, 0));
    }
    expect(points).toEqual([0, 25, 50]);
  });

  it.each([
    ["by a node that lags", { isCurrent: () => false }],
    ["for what is in the chain already", { isFinal: () => true }],
  ])("charges nobody %s", (_, options) => {
    const { relay, receive, all, vain } = world(2, {
      refuse: () => "TX_INPUT_MISSING",
      ...options,
    });
    const txs = Array.from({ length: 100 }, (_, i) => txOf(i));
    relay.announced(first(all), txs.map(witnessIdOf));
    receive(first(all), txs);
    expect(vain.filter(({ points }) => points > 0)).toEqual([]);
    const stale = world(2, { refuse: () => "TX_INPUT_MISSING" });
    stale.relay.announced(first(stale.all), txs.map(witnessIdOf));
    stale.receive(first(stale.all), txs);
    expect(stale.vain.reduce((sum, { points }) => sum + points, 0)).toBe(12);
  });

  it("asks for nothing that is final, and charges nobody for it", () => {
    const { clock, relay, all, idsSent, vain } = world();
    relay.announced(first(all), [witnessIdOf(txOf(0))]);
    relay.committed({ txids: [], witnessIds: [witnessIdOf(txOf(0)), witnessIdOf(txOf(1))] });
    relay.announced(second(all), [witnessIdOf(txOf(1))]);
    clock.advance(2_000);
    relay.check();
    expect(idsSent("getTxs")).toEqual([["p0", 1]]);
    expect(vain).toEqual([]);
  });

  it("asks again for what an answer had no room for", () => {
    const { relay, receive, all, held, idsSent } = world();
    relay.announced(first(all), [witnessIdOf(txOf(0)), witnessIdOf(txOf(1))]);
    receive(first(all), [txOf(0)]);
    expect(idsSent("getTxs")).toEqual([
      ["p0", 2],
      ["p0", 1],
    ]);
    receive(first(all), [txOf(1)]);
    expect(held.size).toBe(2);
  });

  it("closes the link of who passes on what nobody may pass on", () => {
    const { relay, receive, all, punished } = world(2, { refuse: () => "TX_SIGNATURE" });
    relay.announced(first(all), [witnessIdOf(txOf(0))]);
    receive(first(all), [txOf(0)]);
    expect(punished).toEqual(["p0"]);
  });

  it("closes no link for what only the chain's state refuses", () => {
    const { relay, receive, all, punished } = world(2, { refuse: () => "TX_CONFLICT" });
    relay.announced(first(all), [witnessIdOf(txOf(0))]);
    receive(first(all), [txOf(0)]);
    expect(punished).toEqual([]);
  });

  it("keeps a child that comes before its parent, and takes it in after it", () => {
    const parent = txOf(0);
    const child = {
      ...txOf(1),
      body: { ...txOf(1).body, inputs: [{ txid: txidOf(parent.body), index: 0 }] },
    };
    const { relay, receive, all, held } = world(2, {
      refuse: (tx) => (tx === child && !held.has(idOf(parent)) ? "TX_INPUT_MISSING" : undefined),
    });
    relay.announced(first(all), [witnessIdOf(child)]);
    receive(first(all), [child]);
    expect(held.size).toBe(0);
    relay.submit(parent);
    expect([...held.keys()]).toEqual([idOf(parent), idOf(child)]);
  });

  it("takes a child in when its parent came in a block", () => {
    const parent = txOf(0);
    let isParentFinal = false;
    const child = {
      ...txOf(1),
      body: { ...txOf(1).body, inputs: [{ txid: txidOf(parent.body), index: 0 }] },
    };
    const { relay, receive, all, held } = world(2, {
      refuse: () => (isParentFinal ? undefined : "TX_INPUT_MISSING"),
    });
    relay.announced(first(all), [witnessIdOf(child)]);
    receive(first(all), [child]);
    isParentFinal = true;
    relay.committed({ txids: [txidOf(parent.body)], witnessIds: [witnessIdOf(parent)] });
    expect([...held.keys()]).toEqual([idOf(child)]);
  });

  it("announces again what blocks pass over, now and then", () => {
    const passed = [idOf(txOf(0))];
    const { clock, relay, idsSent } = world(1, { passedOver: () => passed });
    for (let block = 0; block < 10; block++) {
      relay.committed({ txids: [], witnessIds: [] });
      clock.advance(500);
    }
    expect(idsSent("txIds")).toEqual([
      ["p0", 1],
      ["p0", 1],
      ["p0", 1],
    ]);
  });

  it("answers with what it has, within the size of one answer", () => {
    const { relay, all, held, sent } = world();
    const large = (i: number): Transaction => {
      const tx = txOf(i);
      return { ...tx, body: { ...tx.body, payload: new Uint8Array(1024) } };
    };
    const txs = Array.from({ length: 1_000 }, (_, i) => large(i));
    for (const tx of txs) held.set(idOf(tx), entryOf(tx));
    relay.requested(first(all), [new Uint8Array(32), ...txs.map(witnessIdOf)]);
    const bodies = sent.flatMap(({ message }) =>
      message.type === "txs" ? message.transactions : [],
    );
    expect(bodies).toEqual(txs);
    sent.length = 0;
    const twice = [...txs, ...txs].map(witnessIdOf);
    relay.requested(first(all), twice);
    const second = sent.flatMap(({ message }) =>
      message.type === "txs" ? message.transactions : [],
    );
    expect(second.length).toBeGreaterThan(1_000);
    expect(second.length).toBeLessThan(2_000);
  });

  it("says nothing to a request for what it lacks", () => {
    const { relay, all, sent } = world();
    relay.requested(first(all), [new Uint8Array(32)]);
    expect(sent).toEqual([]);
  });

  it("announces nothing any more after it was stopped", () => {
    const { clock, relay, sent } = world();
    relay.submit(txOf(0));
    relay.stop();
    clock.advance(1_000);
    expect(sent).toEqual([]);
  });
});
