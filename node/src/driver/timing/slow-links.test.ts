// Large blocks on links that carry little, and validators that hear each other over others only: the
// timeouts follow what is measured, and round 0 decides again. Production drivers on the memory network.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import { walletOf } from "../../../test/ledger-fixtures.ts";
import { txSignBytes } from "../../codec/sign-bytes.ts";
import { txidOf } from "../../crypto/ids.ts";
import type { Transaction } from "../../types/chain.ts";
import type { Utxo } from "../../types/ledger.ts";

/** Of each transaction: a block of 256 KiB holds 32 of them. */
const INPUTS = 60;
const WALLETS = 200;

/** What wallet `i` has, in transactions of INPUTS inputs. */
function spendAll(network: DriverNetwork, i: number): readonly Transaction[] {
  const { key, address } = walletOf(i);
  let coins: readonly Utxo[] = [];
  network.at(0).store.utxosOf(address, 1_000, (_error, utxos) => {
    coins = utxos;
  });
  network.run(1);
  const transactions: Transaction[] = [];
  for (let at = 0; at + INPUTS <= coins.length; at += INPUTS) {
    const spent = coins.slice(at, at + INPUTS);
    const value = spent.reduce((sum, coin) => sum + coin.value, 0n);
    const inputs = spent.map(({ outPoint }) => outPoint);
    // A fee of 0.2 %.
    const outputs = [{ value: value - value / 500n, address }];
    const body = { version: 1, inputs, outputs, payload: new Uint8Array(0) };
    const signature = key.sign(txSignBytes(network.genesisHash, txidOf(body)));
    const witnesses = spent.map(() => ({ publicKey: key.publicKey, signature }));
    transactions.push({ body, witnesses });
  }
  return transactions;
}

describe("whole blocks of 256 KiB over links of 640 kbit/s", () => {
  it("are decided in round 0 once a second leader has been too late", () => {
    const network = new DriverNetwork({
      coins: WALLETS * INPUTS,
      consensus: { compactFromBytes: 10_000_000 },
      parameters: { maxBlockBytes: 256 * 1024, messageDelayMs: 10_000 },
      bytesPerMs: 80,
      delayMs: () => 20,
    });
    network.start();
    network.run(300);
    const transactions = Array.from({ length: WALLETS }, (_, i) => spendAll(network, i)).flat();
    for (const { node } of network.nodes)
      for (const tx of transactions) expect(node.driver.submit(tx).ok).toBe(true);
    const node = network.at(0);
    const first = node.height + 1;
    network.until("seven blocks more", () => node.height >= first + 6, 120_000);
    const blocks = node.commits.slice(first - 1, first + 6);
    const rounds = blocks.map(({ certificate }) => certificate.round);
    // Each takes more than three seconds, and 300 ms is what a node waits to begin with.
    expect(Math.max(...rounds.slice(0, 3))).toBeGreaterThan(0);
    expect(rounds.slice(3)).toEqual([0, 0, 0, 0]);
    for (const { block } of blocks.slice(3, -1)) expect(block.transactions).toHaveLength(32);
    network.checkSafety();
  });
});

describe("validators in a ring", () => {
  it("wait for votes as long as they take over others", () => {
    const count = 7;
    const places = new Map<string, number>();
    let isRing = false;
    const network = new DriverNetwork({
      validators: count,
      parameters: { messageDelayMs: 5_000 },
      delayMs: (from, to) => {
        const apart = Math.abs((places.get(from) ?? 0) - (places.get(to) ?? 0));
        return !isRing || apart === 1 || apart === count - 1 ? 150 : undefined;
      },
    });
    for (const [place, { options }] of network.nodes.entries()) places.set(options.id, place);
    network.start();
    network.untilHeight(2);
    isRing = true;
    for (const [a, { node }] of network.nodes.entries())
      for (const [b, { options }] of network.nodes.entries())
        if (![0, 1, count - 1].includes(Math.abs(a - b))) node.transport.cut(options.id);
    network.until("sixty blocks", () => network.at(0).height >= 60, 600_000);
    for (const { metrics } of network.nodes) {
      // A quorum is five: the fourth of the others is two links away.
      expect(metrics.value("consensus_delay_seconds")).toBeGreaterThanOrEqual(0.15);
    }
    const rounds = network.at(0).commits.map(({ certificate }) => certificate.round);
    expect(rounds.slice(20).filter((round) => round > 0)).toEqual([]);
    network.checkSafety();
  });
});
