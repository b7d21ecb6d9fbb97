/**
 * The ports of a network's members: the daemon's defaults for its profile, so that configuration,
 * pods, Services, policies and the operator's own probes agree by construction.
 */
import { DEFAULT_PORTS } from "@timecoin/node/config";
import type { Profile } from "../api/network-spec.ts";

export interface Ports {
  readonly p2p: number;
  readonly rpc: number;
  readonly ops: number;
}

/** Without that of the admin API, which members do not open. */
export function portsOf(profile: Profile): Ports {
  const { p2p, rpc, ops } = DEFAULT_PORTS[profile];
  return { p2p, rpc, ops };
}
