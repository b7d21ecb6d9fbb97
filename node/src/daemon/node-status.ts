// The answer of /status, put together from the driver, the chain and the peers.

import { toHex } from "../codec/hex.ts";
import { quorumPower, totalPowerOf } from "../crypto/certificate.ts";
import { nodeIdOf } from "../crypto/pure-keys.ts";
import type { ChainState } from "../driver/chain/chain-state.ts";
import type { Driver } from "../driver/driver.ts";
import type { Genesis } from "../genesis.ts";
import { ejectedFrom } from "../ledger/validator-state.ts";
import type { NodeStatus } from "../ops/status-schema.ts";
import type { LastingSigner } from "../ports.ts";
import type { RecentSigners } from "./recent-signers.ts";
import type { SyncState } from "./sync-state.ts";

export interface StatusParts {
  readonly version: string;
  readonly genesis: Genesis;
  readonly genesisHash: Uint8Array;
  readonly nodeId: string;
  /** Of the own validator key, whether or not it is in the set. */
  readonly signer: Pick<LastingSigner, "publicKey" | "last" | "isLost"> | undefined;
  readonly chain: ChainState;
  readonly driver: Driver;
  readonly signers: RecentSigners;
  readonly sync: SyncState;
}

/** What changes over the life of the process besides the chain. */
export interface StatusMoment {
  readonly lastCommitAtMs: number | null;
  readonly draining: boolean;
  readonly joining: string | null;
}

export function nodeStatus(parts: StatusParts, moment: StatusMoment): NodeStatus {
  const { chain, driver, genesis, signers } = parts;
  const { head, validators, selfIndex } = chain;
  const total = totalPowerOf(validators);
  const peers = driver.peers.all();
  const target = parts.sync.targetHeight(peers, selfIndex, head.height);
  const recent = signers.recent();
  const { signing } = driver;
  const { round, step, context } = driver.core;
  return {
    version: parts.version,
    chainId: genesis.chainId,
    genesisHash: toHex(parts.genesisHash),
    height: head.height,
    blockHash: toHex(head.blockHash),
    emptyBlockIntervalMs: genesis.parameters.emptyBlockIntervalMs,
    round,
    step,
    ...(context.timeouts === undefined ? {} : { timeouts: context.timeouts }),
    validators: {
      count: validators.length,
      total,
      quorum: quorumPower(total),
      signedRecently: recent.publicKeys,
      signedRecentlyPower: recent.power,
      ejected: head.validatorState.tombstones.map(({ validator, height }) => ({
        publicKey: toHex(validator.publicKey),
        nodeId: nodeIdOf(validator.nodeKey),
        height,
        outFrom: ejectedFrom({ height }),
      })),
    },
    self: {
      nodeId: parts.nodeId,
      publicKey: parts.signer === undefined ? null : toHex(parts.signer.publicKey),
      validator: selfIndex !== undefined,
      power: selfIndex === undefined ? 0 : (validators[selfIndex]?.power ?? 0),
      lastSignedHeight: signers.lastSignedHeight,
      signsFrom: signing.fromHeight,
      signState: signStateOf(parts),
      notSigning: notSigning(parts),
      clockOffsetMs: signing.clockOffsetMs ?? null,
    },
    peers: {
      connected: peers.length,
      inbound: peers.filter(({ peer }) => !peer.outbound).length,
      validators: peers.filter(({ validatorIndex }) => validatorIndex !== undefined).length,
    },
    sync: {
      state: parts.sync.state(target, head.height),
      targetHeight: target ?? head.height,
      joining: moment.joining,
    },
    lastCommitAtMs: moment.lastCommitAtMs,
    draining: moment.draining,
  };
}

function signStateOf({ signer }: StatusParts): "new" | "kept" | "lost" | null {
  if (signer === undefined) return null;
  if (signer.isLost) return "lost";
  return signer.last === undefined ? "new" : "kept";
}

function notSigning({ chain, driver, signer }: StatusParts): string | null {
  if (chain.selfIndex !== undefined) return driver.signing.refusal ?? null;
  const own = chain.head.validatorState.tombstones.find(({ validator }) =>
    chain.isSelf(validator.publicKey),
  );
  if (own === undefined) {
    return signer === undefined ? null : "its validator key is none of the chain's validators";
  }
  return `was ejected for signing two messages that exclude each other: the evidence is in block ${own.height}`;
}
