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

export const portsOf = (profile: Profile): Ports => DEFAULT_PORTS[profile];
