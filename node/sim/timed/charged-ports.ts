// The ports of a production node on a simulated processor: every input becomes a task of its thread, and
// every way out of the node charges what it costs on a real machine (costs.ts). Nothing is done otherwise
// than by the ports below; only when it is done changes. Called by network.ts.

import type { Scheduler } from "../../src/adapters/memory/memory-hub.ts";
import type { Message } from "../../src/codec/frames.ts";
import type { VerifyFunction } from "../../src/crypto/verify.ts";
import type { NodePorts } from "../../src/daemon/consensus-node.ts";
import type {
  Clock,
  LastingSigner,
  SignRequest,
  Store,
  Timer,
  Transport,
  TransportEvents,
  Wal,
} from "../../src/ports.ts";
import type { BlockCommit } from "../../src/types/ledger.ts";
import { type Costs, costOf, type TaskType, transactionsOf } from "./costs.ts";
import { portWith } from "./port-with.ts";
import type { Thread } from "./processor.ts";
import type { Wire } from "./wire.ts";

export interface ChargedNode {
  readonly index: number;
  /** Links that it has, once all stand. */
  readonly peers: number;
  readonly thread: Thread;
  readonly costs: Costs;
  readonly wire: Wire;
  readonly time: Scheduler;
  /** decodeFrame, or what gives the same. */
  readonly read: (frame: Uint8Array) => Message;
}

export function chargedPorts(ports: NodePorts, node: ChargedNode): NodePorts {
  const clock = threadClock(ports.clock, node);
  return {
    ...ports,
    clock,
    transport: threadTransport(ports.transport, node),
    store: threadStore(ports.store, node),
    wal: chargedWal(ports.wal, node),
    signer: ports.signer === undefined ? undefined : chargedSigner(ports.signer, node),
    ...(ports.verify === undefined ? {} : { verify: chargedVerify(ports.verify, node) }),
    decode: node.read,
  };
}

/** A task that is no frame. */
function run(node: ChargedNode, type: TaskType, work: () => void): void {
  node.thread.enqueue(() => {
    const { thread, costs, peers } = node;
    thread.spend("handle", costOf(costs.handle[type], { peers }));
    if (type === "linked") thread.spend("link", costs.handshakeUs);
    work();
  });
}

function threadClock(clock: Clock, node: ChargedNode): Clock {
  const { thread } = node;
  return {
    nowMs: () => clock.nowMs() + Math.floor(thread.aheadMs),
    monotonicMs: () => clock.monotonicMs() + thread.aheadMs,
    startTimer: (delayMs, fire): Timer => {
      let isCancelled = false;
      const due = () => run(node, "timer", () => (isCancelled ? undefined : fire()));
      const timer = clock.startTimer(delayMs + thread.aheadMs, due);
      return {
        cancel: () => {
          isCancelled = true;
          timer.cancel();
        },
      };
    },
  };
}

/** Type bytes of the frames that hold a block (codec/frames.ts). */
const PROPOSALS: ReadonlySet<number> = new Set([0x10, 0x14]);

function threadTransport(transport: Transport, node: ChargedNode): Transport {
  const { thread, costs, wire, index, peers, time, read } = node;
  let last: Uint8Array | undefined;
  /** The block of an own proposal was built for this: it goes to many, and is charged once. */
  const chargeBlock = (frame: Uint8Array): void => {
    if (frame === last || !PROPOSALS.has(frame[0] ?? 0)) return;
    last = frame;
    thread.spend("handle", costs.ownProposal.perTxUs * transactionsOf(read(frame)));
  };
  const events = (inner: TransportEvents): TransportEvents => ({
    connected: (peer) => run(node, "linked", () => inner.connected(peer)),
    disconnected: (peer, reason) => run(node, "linked", () => inner.disconnected(peer, reason)),
    frame: (peer, frame) => {
      const handle = () => {
        const message = read(frame);
        const size = { bytes: frame.length, peers, txs: transactionsOf(message) };
        thread.spend("link", costOf(costs.receive, { bytes: frame.length }));
        thread.spend("handle", costOf(costs.handle[message.type], size));
        inner.frame(peer, frame);
      };
      thread.enqueue(handle, wire.receivedMs(index, frame.length, time.monotonicMs()));
    },
  });
  return portWith(transport, {
    start: (inner) => transport.start(events(inner)),
    send(peerId, frame) {
      chargeBlock(frame);
      thread.spend("link", costOf(costs.send, { bytes: frame.length }));
      return transport.send(peerId, frame);
    },
  });
}

/** What the simulated store takes itself for a write. */
const STORE_MS = 1;

function threadStore(store: Store, node: ChargedNode): Store {
  const { thread, costs, peers, time } = node;
  const commit = (blocks: readonly BlockCommit[], done: (error?: Error) => void): void => {
    const txs = blocks.reduce((sum, { txids }) => sum + txids.length, 0);
    thread.spend("handle", costOf(costs.decide, { peers, txs }));
    thread.spend("disk", costs.store.us + costs.store.perTxUs * txs);
    const restMs = thread.aheadMs + Math.max(0, costs.store.waitMs - STORE_MS);
    const written = (error?: Error) => run(node, "written", () => done(error));
    store.commit(blocks, (error) => {
      if (restMs === 0) written(error);
      else time.startTimer(restMs, () => written(error));
    });
  };
  return portWith(store, { commit });
}

/** A sync without anything new touches no disk. */
function chargedWal(wal: Wal, { thread, costs }: ChargedNode): Wal {
  let isNews = true;
  return portWith(wal, {
    append(record) {
      isNews = true;
      wal.append(record);
    },
    sync() {
      if (isNews) {
        thread.spend("disk", costs.log.us);
        thread.wait(costs.log.waitMs);
      }
      isNews = false;
      wal.sync();
    },
    reset(height) {
      isNews = true;
      wal.reset(height);
    },
  });
}

function chargedSigner(signer: LastingSigner, node: ChargedNode): LastingSigner {
  const { thread, costs, peers } = node;
  return portWith(signer, {
    sign(request: SignRequest) {
      const own = request.step === 1 ? costs.ownProposal : costs.ownVote;
      thread.spend("handle", costOf(own, { peers }));
      thread.spend("sign", costs.signUs);
      thread.spend("disk", costs.guard.us);
      thread.wait(costs.guard.waitMs);
      return signer.sign(request);
    },
  });
}

/** As createVerifiedCache keeps them. */
const REMEMBERED = 50_000;

/** The first half of a simulated signature names key and message: 53 bits of it are its name here. */
const nameOf = (signature: Uint8Array): number => {
  const view = new DataView(signature.buffer, signature.byteOffset);
  return view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11);
};

function chargedVerify(verify: VerifyFunction, { thread, costs }: ChargedNode): VerifyFunction {
  const known = new Set<number>();
  return (signature, message, publicKey) => {
    const name = nameOf(signature);
    if (known.has(name)) thread.spend("verify", costs.verifyAgainUs);
    else thread.spend("verify", costs.verifyUs + costs.verifyAgainUs);
    const isGood = verify(signature, message, publicKey);
    if (isGood) {
      if (known.size >= REMEMBERED) known.clear();
      known.add(name);
    }
    return isGood;
  };
}
