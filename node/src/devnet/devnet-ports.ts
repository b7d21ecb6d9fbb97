// Finds addresses and ports for a devnet before anything starts. Linux has every 127.0.0.x, other
// systems only 127.0.0.1: then the nodes share it and differ by port. Ports that the user asked for
// must be free; otherwise the next hundred is tried.

import { createServer } from "node:net";
import { listenError } from "../adapters/listen-errors.ts";
import { DEFAULT_PORTS } from "../config.ts";
import { type AddressScheme, type NodePlan, planNodes } from "./devnet-plan.ts";

const DEFAULT_BASE_PORT = DEFAULT_PORTS.Devnet.p2p;
const BASE_PORT_STEP = 1000;
const MAX_BASE_PORTS = 20;

/** The error that listening there gives, or undefined where it works. */
function listenFailure(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The first port of the nodes that cannot be used, as an error of the catalogue. */
export async function firstBusyPort(nodes: readonly NodePlan[]): Promise<Error | undefined> {
  for (const { name, host, p2pPort, rpcPort, opsPort } of nodes) {
    for (const port of [p2pPort, rpcPort, opsPort]) {
      const failure = await listenFailure(host, port);
      if (failure !== undefined) return listenError(failure, name, host, port);
    }
  }
  return undefined;
}

export async function addressScheme(): Promise<AddressScheme> {
  return (await listenFailure("127.0.0.2", 0)) === undefined ? "own" : "shared";
}

export interface PortChoice {
  readonly nodes: readonly NodePlan[];
  /** Set where the usual ports were not free: what to tell the user. */
  readonly note: string | undefined;
}

/**
 * Nodes on free ports. With `basePort` exactly those, else the first free ones from 24100.
 * @throws CodedError PORT_IN_USE or PORT_DENIED.
 */
export async function choosePorts(
  validators: number,
  basePort: number | undefined,
): Promise<PortChoice> {
  const scheme = await addressScheme();
  const tries = basePort === undefined ? MAX_BASE_PORTS : 1;
  let firstFailure: Error | undefined;
  for (let attempt = 0; attempt < tries; attempt++) {
    const base = basePort ?? DEFAULT_BASE_PORT + attempt * BASE_PORT_STEP;
    const nodes = planNodes(validators, base, scheme);
    const failure = await firstBusyPort(nodes);
    if (failure === undefined) {
      const note =
        firstFailure === undefined ? undefined : `${firstFailure.message}; using ${base} up`;
      return { nodes, note };
    }
    firstFailure ??= failure;
  }
  throw firstFailure ?? new Error("no base port was tried");
}
