// Every limit of the peer layer with its default: a named option each, so that nothing a stranger or a
// peer sends can grow without a bound. Loopback devnets and pods raise maxPerIp and maxPendingPerIp,
// tests shorten the times.

import { MAX_FRAME_BYTES } from "../../types/limits.ts";

export interface PeerLimits {
  /** Links that strangers dialled; validators and configured peers have places besides. */
  readonly maxInbound: number;
  /** Links that this node dialled. */
  readonly maxOutbound: number;
  /** Inbound links of strangers with one IP address (one /64 for IPv6). */
  readonly maxPerIp: number;
  /** The same with one network (/24, or /48 for IPv6). */
  readonly maxPerNetwork: number;
  /** Inbound connections without a verified hello. */
  readonly maxPendingHandshakes: number;
  /** The same for one IP address. */
  readonly maxPendingPerIp: number;
  /** Further ones from addresses of validators and configured peers. */
  readonly reservedHandshakes: number;
  /** Handshakes begun in one second, from all addresses. */
  readonly maxHandshakesPerSec: number;
  /** The same from one IP address. */
  readonly maxHandshakesPerSecPerIp: number;
  /** Further ones from addresses of validators and configured peers. */
  readonly reservedHandshakesPerSec: number;
  /** From the TCP connection to the verified hello, in either direction. */
  readonly handshakeTimeoutMs: number;
  /** A link on which nothing was written out for so long, while something waits, is dropped. */
  readonly stallTimeoutMs: number;
  /** Frames waiting for one peer, all classes; consensus frames above it drop the link. */
  readonly maxSendBufferBytes: number;
  /** Bulk frames (blocks, transactions, addresses) waiting for one peer; more are refused. */
  readonly maxBulkBytes: number;
  /** Taken from one peer, each frame counting FRAME_COST_BYTES more; above it the socket waits. */
  readonly rateBytesPerSec: number;
  /** Time of the event loop that all strangers' frames may take in a second, and those of one. */
  readonly strangerWorkMsPerSec: number;
  readonly strangerWorkMsPerSecEach: number;
  /** Links to learned addresses are dialled until this many outbound links stand. */
  readonly targetPeers: number;
  /** Dials in progress at one time. */
  readonly maxDialing: number;
  /** A failed dial waits between these, doubled each time, with jitter. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** The same for strangers' addresses. */
  readonly maxStrangerBackoffMs: number;
  /** Dials to strangers begun in a second, after a burst. */
  readonly strangerDialsPerSec: number;
  readonly strangerDialsAtOnce: number;
  /** Links that this node dialled to strangers of one group of addresses (/16, /32 of IPv6). */
  readonly maxOutboundOfGroup: number;
  /** A link that lived this long resets the wait of its address. */
  readonly stableAfterMs: number;
  /** Addresses that others told. */
  readonly maxKnown: number;
  /** Addresses that this node has tried. */
  readonly maxTried: number;
  /** Addresses taken from one peer in a second, after a burst. */
  readonly toldPerSec: number;
  readonly toldAtOnce: number;
}

export const DEFAULT_PEER_LIMITS: PeerLimits = {
  maxInbound: 128,
  maxOutbound: 64,
  maxPerIp: 8,
  maxPerNetwork: 32,
  maxPendingHandshakes: 256,
  maxPendingPerIp: 8,
  reservedHandshakes: 64,
  maxHandshakesPerSec: 100,
  maxHandshakesPerSecPerIp: 32,
  reservedHandshakesPerSec: 100,
  handshakeTimeoutMs: 5_000,
  stallTimeoutMs: 5_000,
  maxSendBufferBytes: 8 * 1024 * 1024,
  maxBulkBytes: 4 * 1024 * 1024,
  rateBytesPerSec: 5_000_000,
  strangerWorkMsPerSec: 200,
  strangerWorkMsPerSecEach: 100,
  targetPeers: 8,
  maxDialing: 16,
  minBackoffMs: 250,
  maxBackoffMs: 10_000,
  maxStrangerBackoffMs: 300_000,
  strangerDialsPerSec: 2,
  strangerDialsAtOnce: 32,
  maxOutboundOfGroup: 2,
  stableAfterMs: 10_000,
  maxKnown: 1_000,
  maxTried: 256,
  toldPerSec: 16,
  toldAtOnce: 256,
};

/** The defaults with what was given. An address that may have more links may have more handshakes. */
export function peerLimits(given: Partial<PeerLimits> = {}): PeerLimits {
  const defaults = DEFAULT_PEER_LIMITS;
  const links = given.maxPerIp ?? 0;
  const atLeast = (least: number, most: number) => Math.max(least, Math.min(links, most));
  return {
    ...defaults,
    maxPendingPerIp: atLeast(defaults.maxPendingPerIp, defaults.maxPendingHandshakes),
    maxHandshakesPerSecPerIp: atLeast(
      defaults.maxHandshakesPerSecPerIp,
      defaults.maxHandshakesPerSec,
    ),
    ...given,
  };
}

/** What one frame costs in the receive budget beside its bytes: 5 MB/s are at most 20,000 frames/s. */
export const FRAME_COST_BYTES = 250;

/** ws options of both ends: no compression, no unbounded fragments or chunks, no automatic answers. */
export const WS_LIMITS = {
  perMessageDeflate: false,
  maxPayload: MAX_FRAME_BYTES,
  maxFragments: 64,
  maxBufferedChunks: 4_096,
  autoPong: false,
  skipUTF8Validation: true,
  closeTimeout: 1_000,
} as const;

/** Bytes that may arrive before the hello is verified: one TLS record and the HTTP upgrade. */
export const MAX_UNVERIFIED_BYTES = 16 * 1024;
