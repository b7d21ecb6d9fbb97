// The store and the links as one process sees them: each way out is a point of its gate, and a disk in
// trouble fails the store's batches as the database reports them.

import { storeError } from "../../src/adapters/level-store-errors.ts";
import type { BlockCommit, Clock, Store, Transport } from "../../src/ports.ts";
import type { Disks } from "./disks.ts";
import type { ProcessGate } from "./process-gate.ts";

/** `store` with a point before a batch is handed over and one after. */
export function gatedStore(
  store: Store,
  gate: ProcessGate,
  machine: { readonly disks: Disks; readonly clock: Clock },
): Store {
  const commit = (block: BlockCommit, done: (error?: Error) => void): void => {
    const { trouble } = machine.disks;
    gate.pass("store");
    if (trouble === undefined) store.commit(block, done);
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
    block: (height) => store.block(height),
    heightOf: (blockHash) => store.heightOf(blockHash),
    utxo: (outPoint) => store.utxo(outPoint),
    utxosOf: (address, limit, done) => store.utxosOf(address, limit, done),
    balanceOf: (address) => store.balanceOf(address),
    transaction: (txid) => store.transaction(txid),
    commit,
    close: (done) => store.close(done),
  };
}

/** `transport` with a point before each frame; `punished` hears of every ban. */
export function gatedTransport(
  transport: Transport,
  gate: ProcessGate,
  punished: (peerId: string, reason: string) => void,
): Transport {
  return {
    start: (events) => transport.start(events),
    send(peerId, frame) {
      gate.pass("send");
      return transport.send(peerId, frame);
    },
    peers: () => transport.peers(),
    disconnect(peerId, reason, banMs) {
      if (banMs > 0) punished(peerId, reason);
      transport.disconnect(peerId, reason, banMs);
    },
    learn: (addresses) => transport.learn(addresses),
    known: () => transport.known(),
    stop: (done) => transport.stop(done),
  };
}
