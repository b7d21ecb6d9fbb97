// Real transports on loopback sockets for tests: nodes by number, on any free port (kept across a
// restart), with short times, and a log whose lines a test can ask for. closeAll() waits for every
// socket, so a leaked handle keeps a test from ending.

import { expect, vi } from "vitest";
import { systemClock } from "../src/adapters/system-clock.ts";
import { systemRandom } from "../src/adapters/system-random.ts";
import {
  type NodeIdentity,
  openNodeIdentity,
} from "../src/adapters/ws-transport/handshake/node-identity.ts";
import type { PeerLimits } from "../src/adapters/ws-transport/limits.ts";
import type { WsTransportOptions } from "../src/adapters/ws-transport/transport-options.ts";
import { openWsTransport, type WsTransport } from "../src/adapters/ws-transport/ws-transport.ts";
import type { Log, Metrics } from "../src/ports.ts";
import { RecordedEvents, type TestNode } from "./transport-conformance.ts";

export interface LogLine {
  readonly level: string;
  readonly code?: string;
  readonly detail?: string;
  readonly message: string;
}

export interface WsTestNode extends TestNode {
  readonly transport: WsTransport;
  readonly identity: NodeIdentity;
  readonly log: readonly LogLine[];
}

export const TEST_LIMITS: Partial<PeerLimits> = {
  maxPerIp: 256,
  maxPendingPerIp: 64,
  handshakeTimeoutMs: 2_000,
  minBackoffMs: 20,
  maxBackoffMs: 200,
};

const silentMetrics: Metrics = { count: () => {}, gauge: () => {}, observe: () => {} };

export const identityOf = (seed: number): Promise<NodeIdentity> =>
  openNodeIdentity(new Uint8Array(32).fill(seed));

export class WsNodes {
  readonly #nodes: WsTestNode[] = [];
  readonly #ports = new Map<number, number>();

  /** The first node, started. */
  async listening(options: Partial<WsTransportOptions> = {}): Promise<WsTestNode> {
    const node = await this.node(1, options);
    node.start();
    return node;
  }

  /** A node that listens; start() makes it dial. */
  async node(seed: number, options: Partial<WsTransportOptions> = {}): Promise<WsTestNode> {
    const identity = await identityOf(seed);
    const log: LogLine[] = [];
    const host = options.host ?? "127.0.0.1";
    const transport = await openWsTransport({
      identity,
      chainId: "test-1",
      genesisHash: new Uint8Array(32).fill(9),
      role: "validator",
      host,
      port: this.#ports.get(seed) ?? 0,
      peers: [],
      clock: systemClock,
      random: systemRandom,
      log: recordingLog(log),
      metrics: silentMetrics,
      ...options,
      limits: { ...TEST_LIMITS, ...options.limits },
    });
    this.#ports.set(seed, transport.port);
    const events = new RecordedEvents();
    const node: WsTestNode = {
      id: identity.nodeId,
      address: `${identity.nodeId}@${host}:${transport.port}`,
      transport,
      identity,
      events,
      log,
      start: () => transport.start(events),
      stop: () => new Promise((resolve) => transport.stop(resolve)),
    };
    this.#nodes.push(node);
    return node;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }
}

/** Waits for a condition; the failure names it. The bound is for a machine that is busy elsewhere. */
export async function until(
  condition: () => boolean,
  what: string,
  timeoutMs = 60_000,
): Promise<void> {
  await vi.waitFor(() => expect(condition(), what).toBe(true), { timeout: timeoutMs, interval: 5 });
}

export const logged = (node: WsTestNode, code: string): LogLine | undefined =>
  node.log.find((line) => line.code === code);

function recordingLog(lines: LogLine[]): Log {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, ...fields, message });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
