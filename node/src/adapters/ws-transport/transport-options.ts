// What a transport is opened with, and what of it can be refused before a port opens.

import type { Clock, Log, Metrics, PeerRole, Random } from "../../ports.ts";
import { CodedError } from "../../types/errors.ts";
import { type PeerAddress, parseHostPort, parsePeerAddress } from "./addresses/peer-address.ts";
import type { NodeIdentity } from "./handshake/node-identity.ts";
import type { PeerLimits } from "./limits.ts";

export interface WsTransportOptions {
  readonly identity: NodeIdentity;
  readonly chainId: string;
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
  readonly role: PeerRole;
  readonly host: string;
  /** 0: any free port, see WsTransport.port. */
  readonly port: number;
  /** "host:port" under which others reach this node; absent: it is not told to anyone. */
  readonly advertise?: string | undefined;
  /** "nodeId@host:port" each: always kept connected. */
  readonly peers: readonly string[];
  /** Node ids that are never linked with. */
  readonly refuse?: readonly string[];
  /** Ranges of addresses of this node's own cluster: no limits and no bans by address inside. */
  readonly clusterRanges?: readonly string[];
  /** Where bans and addresses outlive the process; absent: nowhere. */
  readonly dataDir?: string;
  /** False: only `peers` are dialled (validators behind sentries). Default true. */
  readonly dialLearned?: boolean;
  /** The newest and the oldest version of the peer protocol that it speaks; by default the program's. */
  readonly protocolVersion?: number;
  readonly oldestProtocolVersion?: number;
  readonly limits?: Partial<PeerLimits>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * The configured peers, taken apart, without this node itself: all nodes of a network may be given one list.
 * @throws CodedError PEER_ADDRESS_INVALID; PEER_SELF where p2p.refuse names this node.
 */
export function configuredPeers(options: WsTransportOptions): readonly PeerAddress[] {
  const { advertise, peers, refuse = [], identity } = options;
  if (advertise !== undefined) {
    const parsed = parseHostPort(advertise);
    if (!parsed.ok) throw new CodedError(parsed.code, `p2p.advertise: ${parsed.reason}`);
  }
  const own = identity.nodeId;
  if (refuse.includes(own)) {
    throw new CodedError("PEER_SELF", `p2p.refuse names ${own}, which is this node itself`);
  }
  const addresses = peers.map((text) => {
    const parsed = parsePeerAddress(text);
    if (!parsed.ok) throw new CodedError(parsed.code, `p2p.peers: ${parsed.reason}`);
    return parsed.value;
  });
  return addresses.filter(({ id }) => id !== own);
}
