// Finds addresses and ports for a devnet before anything starts. Linux has every 127.0.0.x, other
// systems only 127.0.0.1: then the nodes share it and differ by port. Ports that the user asked for
// must be free; otherwise the next thousand is tried. A devnet claims its range by listening on one
// port of it from before the check until its end, so that two that start at once never share one.

import { createServer, type Server } from "node:net";
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
async function firstBusyPort(nodes: readonly NodePlan[]): Promise<Error | undefined> {
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

/** Beside the ports that a node uses: base, base + 1, base + 3. */
const CLAIM_OFFSET = 9;

/** A range of ports that belongs to this devnet until it is released. */
export interface PortClaim {
  release(): void;
}

function claimRange(basePort: number): Promise<PortClaim | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const server: Server = createServer((socket) => socket.destroy());
    server.once("error", resolve);
    server.listen({ host: "127.0.0.1", port: basePort + CLAIM_OFFSET, exclusive: true }, () => {
      server.unref();
      resolve({ release: () => void server.close() });
    });
  });
}

/**
 * Claims the range of these nodes and checks all their ports.
 * @throws CodedError PORT_IN_USE, PORT_DENIED or HOST_UNAVAILABLE; nothing is claimed then.
 */
export async function claimPorts(nodes: readonly NodePlan[]): Promise<PortClaim> {
  const basePort = nodes[0]?.p2pPort ?? DEFAULT_BASE_PORT;
  const claim = await claimRange(basePort);
  if (claim instanceof Error) {
    throw listenError(claim, "the devnet", "127.0.0.1", basePort + CLAIM_OFFSET);
  }
  const failure = await firstBusyPort(nodes);
  if (failure === undefined) return claim;
  claim.release();
  throw failure;
}

export interface PortChoice {
  readonly nodes: readonly NodePlan[];
  readonly claim: PortClaim;
  /** Set where the usual ports were not free: what to tell the user. */
  readonly note: string | undefined;
}

/**
 * Nodes on free ports. With `basePort` exactly those, else the first free ones from 24100.
 * @throws CodedError PORT_IN_USE, PORT_DENIED or HOST_UNAVAILABLE.
 */
export async function choosePorts(
  validators: number,
  basePort: number | undefined,
): Promise<PortChoice> {
  const scheme = await addressScheme();
  const tries = basePort === undefined ? MAX_BASE_PORTS : 1;
  let firstFailure: unknown;
  for (let attempt = 0; attempt < tries; attempt++) {
    const base = basePort ?? DEFAULT_BASE_PORT + attempt * BASE_PORT_STEP;
    const nodes = planNodes(validators, base, scheme);
    try {
      const claim = await claimPorts(nodes);
      const note =
        firstFailure instanceof Error ? `${firstFailure.message}; using ${base} up` : undefined;
      return { nodes, claim, note };
    } catch (error) {
      firstFailure ??= error;
    }
  }
  throw firstFailure;
}
