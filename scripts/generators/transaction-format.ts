// The section of docs/reference/rpc.md for whoever builds transactions with programs of their own: the bytes,
// what is signed, and one example. The example is made by the node's own code;
// scripts/transaction-example.test.ts makes it again without that.

import { signTransfer } from "../../node/src/cli/sign-transfer.ts";
import { encodeTransaction, encodeTransactionBody } from "../../node/src/codec/chain.ts";
import { fromHex, toHex } from "../../node/src/codec/hex.ts";
import { txSignBytes } from "../../node/src/codec/sign-bytes.ts";
import { txidOf } from "../../node/src/crypto/ids.ts";
import { generateKeyPair, keyHashOf } from "../../node/src/crypto/pure-keys.ts";
import { MAX_TX_BYTES, MAX_TX_INPUTS, MAX_TX_OUTPUTS } from "../../node/src/types/limits.ts";
import { code, table } from "./markdown.ts";

const FORMAT = `## Transactions

\`sendrawtransaction\` takes a transaction as hex: at most ${MAX_TX_BYTES / 1024} KiB, ${MAX_TX_INPUTS} inputs and ${MAX_TX_OUTPUTS} outputs. The encoding is
SSZ: numbers are little-endian, and an offset counts bytes from the start of the structure it stands in.

| part | bytes | meaning |
| --- | --- | --- |
| **body** | | |
| version | 2 | 1 |
| offset of inputs | 4 | 14 |
| offset of outputs | 4 | 14 + 36 × inputs |
| offset of payload | 4 | the end of the outputs |
| each input | 32 + 4 | txid of the transaction that made the coin (the genesis hash for a coin of genesis), and the place of the output in it |
| each output | 8 + 20 | satoshi, and the first 20 bytes of SHA-256(public key) of the owner |
| payload | 0 | empty in this version |
| **transaction** | | |
| offset of body | 4 | 8 |
| offset of witnesses | 4 | 8 + size of the body |
| body | | as above |
| each witness, one for each input | 32 + 64 | public key of the coin's owner, and its Ed25519 signature |

- txid = SHA-256(domain \`TIME/tx/1\`, filled with zeros to 16 bytes ‖ body).
- Signed are 80 bytes: the domain \`TIME/tx-sig/1\`, filled to 16 bytes ‖ genesis hash ‖ txid. \`getblockchaininfo\` shows the
  genesis hash. One key signs all of its inputs with the same signature.
- The fee is what the inputs hold above the outputs. \`getmempoolinfo\` shows the rule: at least \`minFeeSatoshi\`, and at
  least \`feePermille\` thousandths of all outputs, rounded up. The change is an output as well.
- An address is "TIME", 0 (testnets) or 1 (mainnet), and Base58Check of the 20 bytes; \`validateaddress\` shows them.
- The rules in full: [protocol.md](../protocol.md#transactions).
`;

/** The example's parts by name, as hex or decimal text. */
function exampleRows(): readonly (readonly [string, string])[] {
  const owner = generateKeyPair(new Uint8Array(32).fill(1));
  const receiver = generateKeyPair(new Uint8Array(32).fill(2));
  const genesisHash = new Uint8Array(32).fill(3);
  const coin = { txid: fromHex("04".repeat(32)), index: 5 };
  const body = {
    version: 1,
    inputs: [coin],
    outputs: [
      { value: 150_000_000n, address: keyHashOf(receiver.publicKey) },
      { value: 49_800_199n, address: keyHashOf(owner.publicKey) },
    ],
    payload: new Uint8Array(),
  };
  const transaction = signTransfer(body, owner, genesisHash);
  const [witness] = transaction.witnesses;
  return [
    ["seed of the owner", toHex(owner.seed)],
    ["public key of the owner", toHex(owner.publicKey)],
    ["20 bytes of the owner", toHex(keyHashOf(owner.publicKey))],
    ["20 bytes of the receiver", toHex(keyHashOf(receiver.publicKey))],
    ["genesis hash", toHex(genesisHash)],
    ["coin: txid", toHex(coin.txid)],
    ["coin: index", String(coin.index)],
    ["paid, in satoshi", String(body.outputs[0]?.value)],
    ["change, in satoshi", String(body.outputs[1]?.value)],
    ["body", toHex(encodeTransactionBody(body))],
    ["txid", toHex(txidOf(body))],
    ["signed bytes", toHex(txSignBytes(genesisHash, txidOf(body)))],
    ["signature", toHex(witness?.signature ?? new Uint8Array())],
    ["transaction", toHex(encodeTransaction(transaction))],
  ];
}

export function transactionFormat(): string {
  const rows = exampleRows().map(([name, value]) => [name, code(value)]);
  return [
    FORMAT,
    "### An example\n",
    "A coin of 2 TIME pays 1.5 TIME; the rest less a fee of 199,801 satoshi is change.\n",
    `${table(["part", "value"], rows)}\n`,
  ].join("\n");
}
