// Several certified blocks in one write: the same chain and state as one by one, and nothing that does not
// follow. The blocks are those of a network that a node was cut off from.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import { toHex } from "../../codec/hex.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import type { CertifiedBlock } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";

const HEIGHT = 20;

/** Three validators at HEIGHT, and a full node that has heard of nothing. Blocks hold payments. */
function network(): { network: DriverNetwork; late: TestNode; chain: CertifiedBlock[] } {
  const made = new DriverNetwork({ fullNodes: 1 });
  const late = made.at(4);
  made.start();
  made.partition(made.validators, [late]);
  for (let i = 0; i < 6; i++) {
    made.at(0).node.driver.submit(made.payment(i, i + 1));
    made.untilHeight(3 * i + 3, ...made.validators);
  }
  made.untilHeight(HEIGHT, ...made.validators);
  const { store } = made.at(0);
  const chain = Array.from({ length: HEIGHT }, (_, i) => store.block(i + 1) as CertifiedBlock);
  invariant(
    chain.some(({ block }) => block.transactions.length > 0),
    "payments are in blocks",
  );
  return { network: made, late, chain };
}

/** The run that begins with block 1, on the late node. */
function runOf(late: TestNode, [first]: readonly CertifiedBlock[]) {
  const { chain } = late.node;
  invariant(first !== undefined, "there is a first block");
  return chain.runFrom(chain.decided(first, toHex(blockHashOf(first.block.header))));
}

describe("a run of certified blocks", () => {
  it("comes to the state that its last header names, in one write", async () => {
    const { late, chain } = network();
    const run = runOf(late, chain);
    for (const certified of chain.slice(1)) expect(run.add(certified)).toBeUndefined();
    const { chain: own } = late.node;
    await new Promise<void>((resolve, reject) => {
      own.commit(run.blocks, (error) => (error === undefined ? resolve() : reject(error)));
      late.options.clock.advance(1_000);
    });
    expect(own.head.stateRoot).toEqual(chain.at(-1)?.block.header.stateRoot);
    expect(own.lastCommit).toEqual(chain.at(-1)?.certificate);
    expect(chain.map((_, i) => late.store.block(i + 1))).toEqual(chain);
  });

  const second = (chain: readonly CertifiedBlock[]): CertifiedBlock => chain[1] as CertifiedBlock;
  it.each<[string, (chain: readonly CertifiedBlock[]) => CertifiedBlock, string]>([
    ["a block of another height", (chain) => chain[2] as CertifiedBlock, "BLOCK_HEIGHT"],
    [
      "another block's certificate",
      (chain) => ({ ...second(chain), certificate: (chain[2] as CertifiedBlock).certificate }),
      "not a commit of its height",
    ],
    [
      "a certificate with a wrong signature",
      (chain) => {
        const { block, certificate } = second(chain);
        const signatures = certificate.signatures.map(() => new Uint8Array(64));
        return { block, certificate: { ...certificate, signatures } };
      },
      "signature of validator",
    ],
    [
      "a parent's certificate with a wrong signature",
      (chain) => {
        const { block, certificate } = second(chain);
        const lastCommit = (chain[0] as CertifiedBlock).certificate;
        const signatures = lastCommit.signatures.map(() => new Uint8Array(64));
        return { certificate, block: { ...block, lastCommit: { ...lastCommit, signatures } } };
      },
      "its certificate of the parent",
    ],
    [
      "a body that is not its header's",
      (chain) => {
        const { block, certificate } = second(chain);
        const { transactions } = chain.find(({ block: one }) => one.transactions.length > 0)!.block;
        const other = block.transactions.length > 0 ? [] : transactions;
        return { certificate, block: { ...block, transactions: other } };
      },
      "BLOCK_TX_ROOT",
    ],
  ])("refuses %s, and goes on without it", (_, wrong, reason) => {
    const { late, chain } = network();
    const run = runOf(late, chain);
    expect(run.add(wrong(chain))).toContain(reason);
    expect(run.blocks.length).toBe(1);
    expect(run.add(second(chain))).toBeUndefined();
    expect(run.add(chain[2] as CertifiedBlock)).toBeUndefined();
  });
});

describe("a node that catches up", () => {
  it("writes many blocks at once, tells of each, and verifies no vote twice", () => {
    const { network: made, late, chain } = network();
    const before = late.verifications;
    made.heal();
    made.untilHeight(HEIGHT, late);
    expect(late.commits.slice(0, HEIGHT)).toEqual(chain);
    expect(late.metrics.observed("db_seconds", { op: "commit" }).length).toBeLessThan(HEIGHT / 2);
    expect(late.metrics.value("sync_blocks_total")).toBeGreaterThanOrEqual(HEIGHT);
    const signatures = new Set(
      chain.flatMap(({ block, certificate }) => [
        ...certificate.signatures.map(toHex),
        ...(block.lastCommit?.signatures.map(toHex) ?? []),
        ...block.transactions.flatMap(({ witnesses }) => witnesses.map((w) => toHex(w.signature))),
      ]),
    );
    // Beside the chain's there are those of a few messages about the tip.
    expect(late.verifications - before).toBeLessThan(signatures.size + 20);
    made.checkSafety();
  });
});
