// Every RPC method, in the order of the reference. A new method is one row here. Pure.

import type { RpcMethod } from "./method.ts";
import {
  getBlock,
  getBlockCount,
  getBlockchainInfo,
  getBlockHash,
} from "./methods/chain-methods.ts";
import {
  getConsensusInfo,
  getMempoolInfo,
  getNetworkInfo,
  getPeerInfo,
  getRawMempool,
  listBanned,
  uptime,
} from "./methods/node-methods.ts";
import {
  getTransaction,
  sendRawTransaction,
  waitForTransaction,
} from "./methods/transaction-methods.ts";
import { getBalance, listUnspent, validateAddress } from "./methods/wallet-methods.ts";

export const RPC_METHODS: readonly RpcMethod[] = [
  getBlockchainInfo,
  getBlockCount,
  getBlock,
  getBlockHash,
  getBalance,
  listUnspent,
  validateAddress,
  sendRawTransaction,
  getTransaction,
  waitForTransaction,
  getRawMempool,
  getMempoolInfo,
  getPeerInfo,
  listBanned,
  getNetworkInfo,
  getConsensusInfo,
  uptime,
];

const BY_NAME = new Map(RPC_METHODS.map((method) => [method.name, method]));

export const methodNamed = (name: string): RpcMethod | undefined => BY_NAME.get(name);
