// What counts as one address, one network and one group of networks for limits and buckets. Inside the
// configured cluster ranges each address stands for itself: many nodes of one operator share a network
// there, and a limit by network would cut off its own members. Used by admission, isolation, addresses.

import { type IpRange, isInRange, parseIp, parseIpRange, rangeOf } from "../../types/ip-range.ts";

/** Widths of IPv4 and of IPv6: a single host usually has a whole /64 to choose from. */
const ADDRESS_BITS = [32, 64] as const;
const NETWORK_BITS = [24, 48] as const;
const GROUP_BITS = [16, 32] as const;

/** An address of a peer with the ranges that it counts for. */
export interface IpGroups {
  /** Empty where the text is no address (the socket is gone). */
  readonly bytes: readonly number[];
  readonly address: string;
  /** /24, or /48 of IPv6. */
  readonly network: string;
  /** /16, or /32 of IPv6: about what one provider has. */
  readonly group: string;
  /** Within the cluster's own ranges: no limits and no bans by address. */
  readonly isCluster: boolean;
}

export type IpGrouping = (address: string | undefined) => IpGroups;

/** @param clusterRanges texts that parseIpRange takes; others are left out. */
export function ipGrouping(clusterRanges: readonly string[] = []): IpGrouping {
  const ranges = clusterRanges.map(parseIpRange).filter((range) => range !== undefined);
  return (address) => groupsOf(parseIp(address ?? "") ?? [], ranges);
}

function groupsOf(bytes: readonly number[], clusterRanges: readonly IpRange[]): IpGroups {
  if (bytes.length === 0) {
    return { bytes, address: "", network: "", group: "", isCluster: false };
  }
  const width = bytes.length === 4 ? 0 : 1;
  const within = (bits: readonly [number, number]): string => rangeOf(bytes, bits[width]).text;
  const isCluster = clusterRanges.some((range) => isInRange(bytes, range));
  const address = within(ADDRESS_BITS);
  if (isCluster) return { bytes, address, network: address, group: address, isCluster };
  return { bytes, address, network: within(NETWORK_BITS), group: within(GROUP_BITS), isCluster };
}
