// The store and the links as one process sees them: each way out is a point of its gate, and a disk in
// trouble fails the store's batches as the database reports them.

import { storeError } from "../../src/adapters/level-store/errors.ts";
import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { encodeFrame } from "../../src/codec/frames.ts";
import type { Clock, Store, Transport } from "../../src/ports.ts";
import type { BlockCommit } from "../../src/types/ledger.ts";
import type { Disks } from "./disks.ts";
import type { ProcessGate } from "./process-gate.ts";

/** `store` with a point before a batch is handed over and one after. */
export function gatedStore(
  store: Store,
  gate: ProcessGate,
  machine: { readonly disks: Disks; readonly clock: Clock },
): Store {
  const commit = (blocks: readonly BlockCommit[], done: (error?: Error) => void): void => {
    const { trouble } = machine.disks;
    gate.pass("store");
    if (trouble === undefined) store.commit(blocks, done);
    else {
      const cause = Object.assign(new Error(`${trouble}: simulated`), { code: trouble });
      machine.clock.startTimer(1, () => done(storeError(cause, "/data/chain")));
    }
    gate.pass("store");
  };
  return {
    head: () => store.head(),
    genesisHash: () => store.genesisHash(),
    initialise: (genesisHash, utxos, head, done) =>
      store.initialise(genesisHash, utxos, head, done),
    base: () => store.base(),
    block: (height) => store.block(height),
    heightOf: (blockHash) => store.heightOf(blockHash),
    utxo: (outPoint) => store.utxo(outPoint),
    utxosOf: (address, limit, done) => store.utxosOf(address, limit, done),
    balanceOf: (address) => store.balanceOf(address),
    transaction: (txid) => store.transaction(txid),
    commit,
    holes: () => store.holes(),
    audit: (height) => store.audit(height),
    restore: (block, done) => store.restore(block, done),
    close: (done) => store.close(done),
  };
}

interface LinkEvents {
  /** It refuses a peer from now on. */
  punished(peerId: string, reason: string): void;
  /** It asks a peer for a proposal. */
  asked(frame: Uint8Array): void;
}

/** Type byte of a frame that asks for a proposal. */
const GET_PROPOSAL = encodeFrame({ type: "getProposal", height: 1, blockHash: ZERO_HASH })[0];

/** `transport` with a point before each frame; `events` hear of every ban and of some frames. */
export function gatedTransport(
  transport: Transport,
  gate: ProcessGate,
  events: LinkEvents,
): Transport {
  return {
    start: (heard) => transport.start(heard),
    send(peerId, frame) {
      gate.pass("send");
      if (frame[0] === GET_PROPOSAL) events.asked(frame);
      return transport.send(peerId, frame);
    },
    peers: () => transport.peers(),
    queuedBytes: (peerId) => transport.queuedBytes(peerId),
    disconnect(peerId, reason, banMs) {
      if (banMs > 0) events.punished(peerId, reason);
      transport.disconnect(peerId, reason, banMs);
    },
    workWaitMs: (peerId) => transport.workWaitMs(peerId),
    worked: (peerId, ms) => transport.worked(peerId, ms),
    penalise: (peerId, points, reason) => transport.penalise(peerId, points, reason),
    accuse: (peerId, points, reason) => transport.accuse(peerId, points, reason),
    learn: (addresses, from) => transport.learn(addresses, from),
    known: () => transport.known(),
    stop: (done) => transport.stop(done),
  };
}
