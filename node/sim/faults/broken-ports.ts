// What the production node is given - its disks and its other ports - with one promise broken. The
// simulator must find each by random seeds, or it proves nothing when it finds none in a node that is
// given what it may rely on. Bugs in the node itself: planted/.

import { decodeFrame, type Message } from "../../src/codec/frames.ts";
import type { NodePorts } from "../../src/daemon/consensus-node.ts";
import type { Transport, Wal } from "../../src/ports.ts";

export interface BrokenPorts {
  readonly name: string;
  /** Every process begins without log and sign state. */
  readonly forgets?: boolean;
  /** No disk makes anything durable. */
  readonly lies?: boolean;
  /** What a process gets for its ports. */
  readonly ports?: (ports: NodePorts) => NodePorts;
}

const unreplayed = (wal: Wal): Wal => ({
  height: wal.height,
  append: (record) => wal.append(record),
  sync: () => wal.sync(),
  replay: () => [],
  reset: (height) => wal.reset(height),
  close: () => wal.close(),
});

const without = (type: Message["type"], transport: Transport): Transport => ({
  start: (events) => transport.start(events),
  send: (peerId, frame) => decodeFrame(frame).type === type || transport.send(peerId, frame),
  peers: () => transport.peers(),
  disconnect: (peerId, reason, banMs) => transport.disconnect(peerId, reason, banMs),
  learn: (addresses) => transport.learn(addresses),
  known: () => transport.known(),
  stop: (done) => transport.stop(done),
});

export const BROKEN_PORTS: readonly BrokenPorts[] = [
  { name: "sign state and log are lost over a crash", forgets: true },
  { name: "what is synced is not durable", lies: true },
  {
    name: "the log is not replayed",
    ports: (ports) => ({ ...ports, wal: unreplayed(ports.wal) }),
  },
  {
    name: "blocks are not asked for",
    ports: (ports) => ({ ...ports, transport: without("getBlocks", ports.transport) }),
  },
];
