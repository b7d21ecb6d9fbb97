import { describe, expect, it } from "vitest";
import { walletOf } from "../../../test/ledger-fixtures.ts";
import { RecordedMetrics } from "../../../test/recorded-metrics.ts";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import type { Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import { txidOf, witnessIdOf } from "../../crypto/ids.ts";
import { type CheckedTransaction, identify } from "../../ledger/validate-transaction.ts";
import type { Peer } from "../../ports.ts";
import type { HashHex, Transaction } from "../../types/chain.ts";
import { fail, ok } from "../../types/errors.ts";
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
});

function world(peerCount = 2) {
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
  const relay = new TxRelay({ clock, outbound, peers, pool, metrics, onAdmitted });
  /** How many ids each message of a kind named, by peer. */
  const idsSent = (type: "txIds" | "getTxs") =>
    sent.flatMap(({ to, message }) =>
      message.type === type ? [[to, message.witnessIds.length] as const] : [],
    );
  return { clock, all, sent, held, metrics, relay, idsSent, admitted: () => admitted };
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
    expect(idsSent("getTxs").length).toBe(1);
    clock.advance(1);
    relay.announced(second(all), ids);
    expect(idsSent("getTxs")).toEqual([
      ["p0", 1],
      ["p1", 1],
    ]);
  });

  it("takes a body once, and only where it asked for it", () => {
    const { relay, all, held, metrics } = world();
    const [asked, unasked] = [txOf(0), txOf(1)];
    relay.announced(first(all), [witnessIdOf(asked)]);
    relay.received([asked, unasked, asked]);
    expect([...held.keys()]).toEqual([idOf(asked)]);
    expect(metrics.value("p2p_dropped_total", { reason: "unsolicited" })).toBe(2);
    expect(metrics.value("mempool_admitted_total", { source: "peer" })).toBe(1);
  });

  it("has at most so many bodies asked for, whatever is announced", () => {
    const { relay, all, idsSent } = world();
    for (let i = 0; i < 25; i++) {
      const ids = Array.from({ length: MAX_TX_IDS }, (_, j) => witnessIdOf(txOf(i * 1_000 + j)));
      relay.announced(first(all), ids);
    }
    const total = idsSent("getTxs").reduce((sum, [, count]) => sum + count, 0);
    expect(total).toBe(20_000);
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
