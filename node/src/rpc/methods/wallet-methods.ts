// RPC methods about addresses and their coins. The node holds no wallet: keys stay with the client.

import { z } from "zod";
import { toHex } from "../../codec/hex.ts";
import { decodeAddress } from "../../crypto/address.ts";
import { addressNetworkOf } from "../../genesis.ts";
import type { OutPoint } from "../../types/chain.ts";
import { CodedError } from "../../types/errors.ts";
import type { Utxo } from "../../types/ledger.ts";
import { mapInSlices } from "../in-slices.ts";
import { amountFields, defineMethod, hash } from "../method.ts";
import type { NodeFacts } from "../node-facts.ts";
import { addressText, amounts } from "../views.ts";

const MAX_UNSPENT = 10_000;
const addressParam = z.string().max(64).describe("TIME0… on testnets, TIME1… on mainnet");

function keyHashOf(facts: NodeFacts, address: string): Uint8Array {
  const decoded = decodeAddress(address, addressNetworkOf(facts.genesis.profile));
  if (decoded.ok) return decoded.value;
  throw new CodedError(decoded.code, `address ${decoded.reason}`);
}

export const getBalance = defineMethod({
  name: "getbalance",
  summary: "Sum of the unspent outputs of an address.",
  params: z.strictObject({ address: addressParam }),
  result: z.strictObject({ address: z.string(), ...amountFields }),
  handle: (facts, { address }) => ({
    address,
    ...amounts(facts.store.balanceOf(keyHashOf(facts, address))),
  }),
});

function utxosOf(
  { store }: NodeFacts,
  address: Uint8Array,
  limit: number,
): Promise<readonly Utxo[]> {
  return new Promise((resolve, reject) => {
    store.utxosOf(address, limit, (error, utxos) => {
      if (error === undefined) resolve(utxos);
      else reject(error);
    });
  });
}

export const listUnspent = defineMethod({
  name: "listunspent",
  summary: "Unspent outputs of an address, in the order of their outpoints.",
  params: z.strictObject({
    address: addressParam,
    limit: z.int().min(1).max(MAX_UNSPENT).default(1000).describe("Most outputs in the answer"),
  }),
  result: z.array(
    z.strictObject({
      txid: hash("Transaction that made it"),
      vout: z.int(),
      address: z.string(),
      ...amountFields,
      height: z.int().describe("Block that made it; 0 is genesis"),
      confirmations: z.int(),
      spentByPending: z
        .boolean()
        .describe("A pending transaction, or a newer block, already spends it"),
    }),
  ),
  async handle(facts, { address, limit }) {
    const head = facts.head().height;
    const owner = keyHashOf(facts, address);
    const utxos = await utxosOf(facts, owner, limit);
    const shown = addressText(facts, owner);
    // The list is of `head`; blocks that came while it was read may have spent from it.
    const isOld = (): boolean => facts.head().height !== head;
    const isSpent = (outPoint: OutPoint): boolean =>
      facts.mempool.isSpent(outPoint) || (isOld() && facts.store.utxo(outPoint) === undefined);
    const rows = await mapInSlices(utxos, ({ outPoint, value, height }) => ({
      txid: toHex(outPoint.txid),
      vout: outPoint.index,
      address: shown,
      ...amounts(value),
      height,
      confirmations: head - height + 1,
      spentByPending: isSpent(outPoint),
    }));
    return [...rows];
  },
});

export const validateAddress = defineMethod({
  name: "validateaddress",
  summary: "Whether a text is an address of this network, and if not, why.",
  params: z.strictObject({ address: z.string().max(1000).describe("The text") }),
  result: z.strictObject({
    isvalid: z.boolean(),
    address: z.string(),
    keyHash: z.string().optional().describe("40 hex digits: what outputs hold"),
    code: z.string().optional().describe("Error code"),
    reason: z.string().optional(),
  }),
  handle(facts, { address }) {
    const decoded = decodeAddress(address, addressNetworkOf(facts.genesis.profile));
    if (decoded.ok) return { isvalid: true, address, keyHash: toHex(decoded.value) };
    return { isvalid: false, address, code: decoded.code, reason: decoded.reason };
  },
});
