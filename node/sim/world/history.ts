// Blocks that stand when a run begins, so that it need not be long to cross the end of an epoch: empty, one
// a second, decided in round 0 by all. Made by the production ledger, once for each size and height.

import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import type { SignedPlace } from "../../src/adapters/sign-guard.ts";
import { toHex } from "../../src/codec/hex.ts";
import { voteSignBytes } from "../../src/codec/sign-bytes.ts";
import { blockHashOf } from "../../src/crypto/ids.ts";
import { ledgerParamsOf } from "../../src/genesis/ledger-start.ts";
import { buildBlock } from "../../src/ledger/build-block.ts";
import { type Certificate, type Height, PRECOMMIT } from "../../src/types/chain.ts";
import type { BlockCommit } from "../../src/types/ledger.ts";
import { type Chain, keyOf } from "./chain.ts";
import { fakeVerify } from "./keyring.ts";

const INTERVAL_MS = 1_000;

const histories = new Map<string, readonly BlockCommit[]>();

/** The first `height` blocks of the chain, the last one INTERVAL_MS before `endMs`. */
export function historyOf(chain: Chain, height: Height, endMs: number): readonly BlockCommit[] {
  if (height === 0) return [];
  const key = `${toHex(chain.genesisHash)}/${height}/${endMs}`;
  const known = histories.get(key);
  if (known !== undefined) return known;
  const made = newHistory(chain, height, endMs);
  histories.set(key, made);
  return made;
}

/** What validator `index` signed last in the history; undefined where there is none. */
export function lastSigned(
  history: readonly BlockCommit[],
  genesisHash: Uint8Array,
  index: number,
): SignedPlace | undefined {
  const certificate = history.at(-1)?.certified.certificate;
  const signature = certificate?.signatures[index];
  if (certificate === undefined || signature === undefined) return undefined;
  const signBytes = voteSignBytes(genesisHash, certificate);
  return { height: certificate.height, round: 0, step: 3, signBytes, signature };
}

function newHistory(chain: Chain, height: Height, endMs: number): readonly BlockCommit[] {
  const { genesis, genesisHash, state } = chain;
  const rules = { params: ledgerParamsOf(genesis, genesisHash), verify: fakeVerify };
  const store = new MemoryStore((run) => run());
  store.initialise(genesisHash, state.utxos, state.head, () => undefined);
  const commits: BlockCommit[] = [];
  for (let made = 1; made <= height; made++) {
    const head = commits.at(-1)?.head ?? state.head;
    const { block, applied } = buildBlock(
      {
        view: store,
        head,
        lastCommit: commits.at(-1)?.certified.certificate,
        round: 0,
        proposer: keyOf(chain, made % chain.set.length).publicKey,
        timestampMs: endMs - (height - made + 1) * INTERVAL_MS,
        candidates: [],
        evidence: [],
      },
      rules,
    );
    const certificate = certificateOf(chain, made, blockHashOf(block.header));
    const commit = { ...applied, certified: { block, certificate } };
    store.commit([commit], () => undefined);
    commits.push(commit);
  }
  return commits;
}

/** Of all validators, in round 0. */
function certificateOf(chain: Chain, height: Height, blockHash: Uint8Array): Certificate {
  const vote = { type: PRECOMMIT, height, round: 0, blockHash } as const;
  const bytes = voteSignBytes(chain.genesisHash, vote);
  return {
    ...vote,
    signers: chain.set.map(() => true),
    signatures: chain.set.map((_, index) => keyOf(chain, index).sign(bytes)),
  };
}
