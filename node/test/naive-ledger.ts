// Block application a second time, deliberately naive: a map of strings, bytes put together by hand,
// the accumulator summed anew over all outputs at every block, signatures by OpenSSL, the validators
// worked out from the whole history (naive-validators.ts). It shares only
// types with src/ledger, so that an error has to be made twice to stay unseen. Tests use it, and the simulator
// as the judge of decided blocks, with its own scheme of signatures.

import { createHash } from "node:crypto";
import { verifyByOpenSsl } from "../src/crypto/testing/verify-openssl.ts";
import type { LedgerParams } from "../src/ledger/params.ts";
import type { Block, Certificate, Transaction, ValidatorSet } from "../src/types/chain.ts";
import type { Evidence } from "../src/types/evidence.ts";
import {
  hexOf,
  little,
  NaiveValidators,
  naiveEvidenceId,
  setHash,
  sha,
  tag,
} from "./naive-validators.ts";

interface Coin {
  readonly value: bigint;
  readonly address: string;
  readonly height: number;
  /** What it adds to the accumulator: 1,024 lanes of two bytes, stretched once, when the coin is made. */
  readonly lanes: Buffer;
}

function newCoin(key: string, value: bigint, address: Uint8Array, height: number): Coin {
  const [txid = "", index = ""] = key.split("/");
  const element = Buffer.concat([
    tag("TIME/utxo/1"),
    Buffer.from(txid, "hex"),
    little(Number(index), 4),
    little(value, 8),
    address,
    little(height, 8),
  ]);
  const lanes = createHash("shake128", { outputLength: 2048 }).update(element).digest();
  return { value, address: hexOf(address), height, lanes };
}

function bodyBytes({ version, inputs, outputs, payload }: Transaction["body"]): Buffer {
  const ins = Buffer.concat(
    inputs.map(({ txid, index }) => Buffer.concat([txid, little(index, 4)])),
  );
  const outs = Buffer.concat(outputs.map((o) => Buffer.concat([little(o.value, 8), o.address])));
  const offsets = [14, 14 + ins.length, 14 + ins.length + outs.length];
  return Buffer.concat([
    little(version, 2),
    ...offsets.map((o) => little(o, 4)),
    ins,
    outs,
    payload,
  ]);
}

function txBytes({ body, witnesses }: Transaction): Buffer {
  const first = bodyBytes(body);
  const second = witnesses.map((w) => Buffer.concat([w.publicKey, w.signature]));
  return Buffer.concat([little(8, 4), little(8 + first.length, 4), first, ...second]);
}

function certificateBytes(c: Certificate): Buffer {
  const bits = [...c.signers.map((signed) => (signed ? "1" : "0")), "1"];
  while (bits.length % 8 !== 0) bits.push("0");
  const packed = Buffer.alloc(bits.length / 8);
  for (const [i, bit] of bits.entries())
    if (bit === "1") packed[i >> 3] = (packed[i >> 3] ?? 0) | (1 << (i & 7));
  const fixed = [little(c.type, 1), little(c.height, 8), little(c.round, 4), c.blockHash];
  return Buffer.concat([
    ...fixed,
    little(53, 4),
    little(53 + packed.length, 4),
    packed,
    ...c.signatures,
  ]);
}

function tree(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return sha(Buffer.from([0]), leaves[0] as Buffer);
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return sha(Buffer.from([1]), tree(leaves.slice(0, half)), tree(leaves.slice(half)));
}

export const naiveTxRoot = (transactions: readonly Transaction[]): Buffer =>
  tree(transactions.map((tx) => sha(tag("TIME/witness/1"), txBytes(tx))));

/** What header.evidenceRoot must hold. */
export const naiveEvidenceRoot = (evidence: readonly Evidence[]): Buffer =>
  tree(evidence.map(naiveEvidenceId));

const headerHash = (h: Block["header"]): Buffer =>
  sha(
    tag("TIME/header/2"),
    little(h.version, 2),
    little(h.height, 8),
    little(h.round, 4),
    h.parentHash,
    h.lastCommitHash,
    h.validatorsHash,
    h.nextValidatorsHash,
    h.txRoot,
    h.evidenceRoot,
    h.stateRoot,
    h.proposer,
    little(h.timestampMs, 8),
  );

const txidText = (tx: Transaction): string => hexOf(sha(tag("TIME/tx/1"), bodyBytes(tx.body)));

export class NaiveLedger {
  readonly coins = new Map<string, Coin>();
  feePot = 0n;
  height = 0;
  timestampMs: number;
  tip: string;
  validators: NaiveValidators;
  readonly #params: LedgerParams;
  readonly #verify: typeof verifyByOpenSsl;

  constructor(
    params: LedgerParams,
    set: ValidatorSet,
    start: {
      timestampMs: number;
      coins: readonly (readonly [address: Uint8Array, value: bigint])[];
      verify?: typeof verifyByOpenSsl;
    },
  ) {
    this.#params = params;
    this.#verify = start.verify ?? verifyByOpenSsl;
    this.tip = hexOf(params.genesisHash);
    this.validators = new NaiveValidators(set, this.tip);
    this.timestampMs = start.timestampMs;
    for (const [i, [address, value]] of start.coins.entries()) {
      const key = `${this.tip}/${i}`;
      this.coins.set(key, newCoin(key, value, address, 0));
    }
  }

  supply(): bigint {
    return [...this.coins.values()].reduce((sum, coin) => sum + coin.value, 0n);
  }

  stateRoot(): Buffer {
    const sum = Buffer.alloc(2048);
    for (const { lanes } of this.coins.values()) {
      for (let at = 0; at < 2048; at += 2) {
        sum.writeUInt16LE((sum.readUInt16LE(at) + lanes.readUInt16LE(at)) % 65536, at);
      }
    }
    return sha(
      tag("TIME/state/2"),
      sha(sum),
      little(this.feePot, 8),
      little(this.supply(), 8),
      this.validators.hash(),
    );
  }

  /** The root that a liar would put into the header of a block that breaks the rules. */
  rootWithoutRules(block: Pick<Block, "transactions" | "lastCommit" | "evidence">): Buffer {
    this.#applyWithoutRules(block.transactions);
    this.validators.advance(block);
    return this.stateRoot();
  }

  /** Spends and makes coins with no rule at all. */
  #applyWithoutRules(transactions: readonly Transaction[]): void {
    for (const tx of transactions) {
      for (const { txid, index } of tx.body.inputs) {
        const key = `${hexOf(txid)}/${index}`;
        this.feePot += this.coins.get(key)?.value ?? 0n;
        this.coins.delete(key);
      }
      const txid = txidText(tx);
      for (const [i, { value, address }] of tx.body.outputs.entries()) {
        const key = `${txid}/${i}`;
        this.coins.set(key, newCoin(key, value, address, this.height + 1));
        this.feePot -= value;
      }
    }
  }

  copy(): NaiveLedger {
    const start = { timestampMs: this.timestampMs, coins: [], verify: this.#verify };
    const other = new NaiveLedger(this.#params, [], start);
    for (const [key, coin] of this.coins) other.coins.set(key, coin);
    other.feePot = this.feePot;
    other.validators = this.validators.copy();
    other.height = this.height;
    other.tip = this.tip;
    return other;
  }

  /** Undefined where the block is valid, which is then applied; otherwise what is wrong. */
  apply(block: Block): string | undefined {
    const fault = this.#headerFault(block) ?? this.#bodyFault(block) ?? this.#evidenceFault(block);
    if (fault !== undefined) return fault;
    const next = this.copy();
    for (const tx of block.transactions) {
      const txFault = next.#transactionFault(tx);
      if (txFault !== undefined) return txFault;
      next.#applyWithoutRules([tx]);
    }
    next.validators.advance(block);
    if (!next.stateRoot().equals(block.header.stateRoot)) return "state root";
    this.coins.clear();
    for (const [key, coin] of next.coins) this.coins.set(key, coin);
    this.feePot = next.feePot;
    this.height += 1;
    this.timestampMs = block.header.timestampMs;
    this.tip = hexOf(headerHash(block.header));
    this.validators = next.validators;
    this.validators.hashes.push(this.tip);
    return undefined;
  }

  #headerFault({ header, lastCommit }: Block): string | undefined {
    if (header.version !== 2) return "version";
    if (header.height !== this.height + 1) return "height";
    if (hexOf(header.parentHash) !== this.tip) return "parent";
    if (header.timestampMs <= this.timestampMs) return "time";
    const set = this.validators.setAt(header.height);
    const next = this.validators.setAt(header.height + 1);
    if (hexOf(header.validatorsHash) !== hexOf(setHash(set))) return "validators";
    if (hexOf(header.nextValidatorsHash) !== hexOf(setHash(next))) return "next validators";
    if (!set.some((v) => hexOf(v.publicKey) === hexOf(header.proposer))) return "proposer";
    const named = hexOf(header.lastCommitHash);
    if (this.height === 0) {
      return lastCommit === undefined && named === "00".repeat(32) ? undefined : "first commit";
    }
    if (lastCommit === undefined || lastCommit.type !== 2) return "commit type";
    if (lastCommit.height !== this.height || hexOf(lastCommit.blockHash) !== this.tip)
      return "commit";
    const hash = sha(tag("TIME/cert/1"), certificateBytes(lastCommit));
    return named === hexOf(hash) ? undefined : "commit hash";
  }

  #bodyFault({ header, transactions }: Block): string | undefined {
    if (transactions.length > this.#params.maxBlockTxs) return "count";
    const size = transactions.reduce((sum, tx) => sum + txBytes(tx).length, 0);
    let limit = this.#params.maxBlockBytes;
    for (let i = 0; i < header.round && limit > 1; i++) limit = Math.floor(limit / 2);
    if (size > Math.max(limit, 65536)) return "size";
    return naiveTxRoot(transactions).equals(header.txRoot) ? undefined : "tx root";
  }

  #evidenceFault({ header, evidence }: Block): string | undefined {
    if (!naiveEvidenceRoot(evidence).equals(header.evidenceRoot)) return "evidence root";
    return this.validators.fault(evidence, { ...this.#params, verify: this.#verify });
  }

  #transactionFault(tx: Transaction): string | undefined {
    const { version, inputs, outputs, payload } = tx.body;
    if (version !== 1 || payload.length !== 0) return "tx version or payload";
    if (inputs.length < 1 || inputs.length > 512) return "tx inputs";
    if (outputs.length < 1 || outputs.length > 512) return "tx outputs";
    if (txBytes(tx).length > 65536) return "tx size";
    if (tx.witnesses.length !== inputs.length) return "witness count";
    const message = Buffer.concat([
      tag("TIME/tx-sig/1"),
      this.#params.genesisHash,
      Buffer.from(txidText(tx), "hex"),
    ]);
    const seen: string[] = [];
    let available = 0n;
    for (const [i, { txid, index }] of inputs.entries()) {
      const key = `${hexOf(txid)}/${index}`;
      const coin = this.coins.get(key);
      const witness = tx.witnesses[i];
      if (seen.includes(key) || coin === undefined || witness === undefined) return "input";
      seen.push(key);
      available += coin.value;
      if (!hexOf(sha(witness.publicKey)).startsWith(coin.address)) return "witness key";
      if (!this.#verify(witness.signature, message, witness.publicKey)) return "signature";
    }
    let paid = 0n;
    for (const { value } of outputs) {
      if (value < this.#params.dust) return "dust";
      paid += value;
    }
    // In whole numbers: 1,000 × fee ≥ permille × outputs is the same as rounding the share up.
    if (paid >= 2n ** 64n || available >= 2n ** 64n || available < paid) return "amounts";
    const fee = available - paid;
    if (fee < this.#params.minFee) return "fee";
    return fee * 1000n < paid * BigInt(this.#params.feePermille) ? "fee share" : undefined;
  }
}
