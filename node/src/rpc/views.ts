// Blocks, transactions and outputs as the JSON of RPC answers, with the zod schemas of those answers.
// Names that Bitcoin's RPC has are kept (txid, vout, confirmations); hashes are lowercase hex, amounts
// decimal TIME and satoshi text, never floating point. Pure.

import { z } from "zod";
import { formatTime } from "../codec/amount.ts";
import { blockSizeBytes, transactionSizeBytes } from "../codec/chain.ts";
import { toHex } from "../codec/hex.ts";
import { encodeAddress } from "../crypto/address.ts";
import { blockHashOf, txidOf } from "../crypto/ids.ts";
import { addressNetworkOf } from "../genesis.ts";
import type { CertifiedBlock, Satoshi, Transaction, TxOutput } from "../types/chain.ts";
import { mapInSlices } from "./in-slices.ts";
import { amountFields, hash, height } from "./method.ts";
import type { NodeFacts } from "./node-facts.ts";
import { storedBlock } from "./stored-block.ts";

export const amounts = (satoshi: Satoshi): { amount: string; satoshi: string } => ({
  amount: formatTime(satoshi),
  satoshi: satoshi.toString(),
});

export const addressText = (facts: NodeFacts, keyHash: Uint8Array): string =>
  encodeAddress(keyHash, addressNetworkOf(facts.genesis.profile));

const OutputView = z.strictObject({ n: z.int(), address: z.string(), ...amountFields });

export const TransactionView = z.strictObject({
  txid: hash("Transaction id"),
  version: z.int(),
  size: z.int().describe("Bytes"),
  vin: z.array(z.strictObject({ txid: hash("Transaction whose output is spent"), vout: z.int() })),
  vout: z.array(OutputView),
});

export function transactionView(
  facts: NodeFacts,
  transaction: Transaction,
): z.input<typeof TransactionView> {
  const { body } = transaction;
  const output = ({ value, address }: TxOutput, n: number) => ({
    n,
    address: addressText(facts, address),
    ...amounts(value),
  });
  return {
    txid: toHex(txidOf(body)),
    version: body.version,
    size: transactionSizeBytes(transaction),
    vin: body.inputs.map(({ txid, index }) => ({ txid: toHex(txid), vout: index })),
    vout: body.outputs.map(output),
  };
}

export const BlockView = z.strictObject({
  hash: hash("Block hash"),
  height: height("Height"),
  confirmations: z.int().describe("1 for the newest block; every block is final"),
  round: z.int().describe("Round of its first proposal"),
  timeMs: z.int().describe("Milliseconds since the Unix epoch"),
  previousblockhash: hash("Parent"),
  nextblockhash: hash("Child").optional(),
  txroot: hash("Merkle root of the transactions"),
  stateroot: hash("State after the block"),
  evidence: z
    .array(
      z.strictObject({
        kind: z.enum(["doublePrevote", "doublePrecommit", "doubleProposal"]),
        publicKey: hash("Validator key that signed both"),
        height: height("Height that it signed twice"),
        round: z.int(),
      }),
    )
    .describe("Validators that the block ejects, and why"),
  proposer: hash("Validator key of the original proposer"),
  certificate: z
    .strictObject({ round: z.int(), signers: z.int(), validators: z.int() })
    .describe("The quorum that made it final"),
  size: z.int().describe("Bytes"),
  nTx: z.int(),
  tx: z.array(z.union([hash("txid"), TransactionView])).describe("txids, or whole at verbosity 2"),
});

export async function blockView(
  facts: NodeFacts,
  { block, certificate }: CertifiedBlock,
  isWhole: boolean,
): Promise<z.input<typeof BlockView>> {
  const { header, evidence, transactions } = block;
  const next = storedBlock(facts, header.height + 1);
  return {
    hash: toHex(blockHashOf(header)),
    height: header.height,
    confirmations: facts.head().height - header.height + 1,
    round: header.round,
    timeMs: header.timestampMs,
    previousblockhash: toHex(header.parentHash),
    ...(next === undefined ? {} : { nextblockhash: toHex(blockHashOf(next.block.header)) }),
    txroot: toHex(header.txRoot),
    stateroot: toHex(header.stateRoot),
    evidence: evidence.map((piece) => ({
      kind: piece.kind,
      publicKey: toHex(piece.publicKey),
      height: piece.height,
      round: piece.round,
    })),
    proposer: toHex(header.proposer),
    certificate: {
      round: certificate.round,
      signers: certificate.signers.filter(Boolean).length,
      validators: certificate.signers.length,
    },
    size: blockSizeBytes(block),
    nTx: transactions.length,
    tx: [
      ...(await mapInSlices(transactions, (transaction) =>
        isWhole ? transactionView(facts, transaction) : toHex(txidOf(transaction.body)),
      )),
    ],
  };
}
