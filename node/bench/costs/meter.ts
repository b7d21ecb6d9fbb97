// Measures what production code takes for each input, while a simulated network runs it: the real time of
// a task without the time that its ports take, which have rows of their own in the table of costs. Ports
// of a daemon that count and log are given as a daemon has them. Called by handling.ts.

import { type TaskType, transactionsOf } from "../../sim/timed/costs.ts";
import { portWith } from "../../sim/timed/port-with.ts";
import type { Message } from "../../src/codec/frames.ts";
import type { NodePorts } from "../../src/daemon/consensus-node.ts";
import type { LastingSigner, Log, Metrics, Transport } from "../../src/ports.ts";

/** What a task did besides handling its input. */
export type Deed = "nothing" | "vote" | "proposal" | "decide" | "several";

export interface Sample {
  readonly type: Message["type"] | TaskType;
  readonly bytes: number;
  readonly deed: Deed;
  readonly us: number;
  /** Transactions of the frame, or of the block that was proposed or decided. */
  readonly txs: number;
  /** Frames that it sent. */
  readonly sends: number;
}

const nowUs = (): number => performance.now() * 1_000;

export class Meter {
  readonly samples: Sample[] = [];
  readonly #decode: (frame: Uint8Array) => Message;
  #awayUs = 0;
  #deed: Deed = "nothing";
  #txs = 0;
  #sends = 0;
  #inside = false;
  #type: Message["type"] | undefined;

  constructor(decode: (frame: Uint8Array) => Message) {
    this.#decode = decode;
  }

  /** The ports of one node; `log` and `metrics` are a daemon's. */
  ports(ports: NodePorts, { log, metrics }: { log: Log; metrics: Metrics }): NodePorts {
    const { store, wal, signer, verify, clock } = ports;
    return {
      ...ports,
      log,
      metrics,
      clock: {
        nowMs: () => clock.nowMs(),
        monotonicMs: () => clock.monotonicMs(),
        startTimer: (delayMs, fire) =>
          clock.startTimer(delayMs, () => this.#task("timer", 0, fire)),
      },
      transport: this.#transport(ports.transport),
      store: portWith(store, {
        commit: (blocks, done) => {
          this.#did("decide");
          this.#txs = Math.max(this.#txs, ...blocks.map(({ txids }) => txids.length));
          const written = (error?: Error) => this.#task("written", 0, () => done(error));
          this.#away(() => store.commit(blocks, written));
        },
      }),
      wal: portWith(wal, { sync: () => this.#away(() => wal.sync()) }),
      signer: signer === undefined ? undefined : this.#signer(signer),
      ...(verify === undefined ? {} : { verify: (a, b, c) => this.#away(() => verify(a, b, c)) }),
      decode: (frame) => {
        const message = this.#decode(frame);
        this.#type = message.type;
        this.#txs = Math.max(this.#txs, transactionsOf(message));
        return message;
      },
    };
  }

  #signer(signer: LastingSigner): LastingSigner {
    return portWith(signer, {
      sign: (request) => {
        this.#did(request.step === 1 ? "proposal" : "vote");
        return this.#away(() => signer.sign(request));
      },
    });
  }

  #transport(transport: Transport): Transport {
    return portWith(transport, {
      start: (events) =>
        transport.start({
          connected: (peer) => this.#task("linked", 0, () => events.connected(peer)),
          disconnected: (peer, reason) => events.disconnected(peer, reason),
          frame: (peer, frame) =>
            this.#task(undefined, frame.length, () => events.frame(peer, frame)),
        }),
      send: (peerId, frame) => {
        this.#sends++;
        return this.#away(() => {
          if (this.#deed === "several") {
            this.#txs = Math.max(this.#txs, transactionsOf(this.#decode(frame)));
          }
          return transport.send(peerId, frame);
        });
      },
    });
  }

  #task(type: TaskType | undefined, bytes: number, work: () => void): void {
    this.#awayUs = 0;
    this.#deed = "nothing";
    this.#txs = 0;
    this.#sends = 0;
    this.#inside = true;
    const fromUs = nowUs();
    work();
    const us = nowUs() - fromUs - this.#awayUs;
    this.#inside = false;
    const kind = type ?? this.#type;
    if (kind !== undefined) {
      const [deed, txs, sends] = [this.#deed, this.#txs, this.#sends];
      this.samples.push({ type: kind, bytes, deed, us, txs, sends });
    }
  }

  #away<T>(work: () => T): T {
    const fromUs = nowUs();
    const result = work();
    this.#awayUs += nowUs() - fromUs;
    return result;
  }

  #did(deed: Deed): void {
    if (!this.#inside) return;
    this.#deed = this.#deed === "nothing" ? deed : "several";
  }
}
