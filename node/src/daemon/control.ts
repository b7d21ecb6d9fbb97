// How a running node is changed: by its configuration read again (SIGHUP, or the admin API), and by the admin
// API itself, which is open only where a token file is configured. What this changes lasts until the
// process ends, except bans. Opened by daemon.ts.

import type { HttpListener } from "../adapters/http-server.ts";
import type { NodeLog } from "../adapters/log.ts";
import { parsePeerAddress } from "../adapters/ws-transport/addresses/peer-address.ts";
import type { NodeIdentity } from "../adapters/ws-transport/handshake/node-identity.ts";
import type { WsTransport } from "../adapters/ws-transport/ws-transport.ts";
import type { NodeConfig } from "../config.ts";
import type { Driver } from "../driver/driver.ts";
import type { AdminFacts, Reloaded } from "../ops/admin-facts.ts";
import { ok, type Result } from "../types/errors.ts";
import { openAdmin } from "./listeners.ts";
import { ConfigReload } from "./reload.ts";

export interface ControlParts {
  readonly config: NodeConfig;
  readonly readConfig: () => Result<NodeConfig>;
  readonly log: NodeLog;
  readonly identity: NodeIdentity;
  readonly transport: WsTransport;
  readonly driver: Driver;
  readonly moment: { draining: boolean; readonly stopping: AbortController };
}

export interface Control {
  /** Undefined where no token file is configured. */
  readonly admin: HttpListener | undefined;
  readonly reload: () => Result<Reloaded>;
}

/** @throws CodedError ADMIN_TOKEN_FILE, and what opening a listener throws. */
export async function openControl(parts: ControlParts): Promise<Control> {
  const { config, log, identity } = parts;
  const configuration = new ConfigReload(parts);
  const reload = (): Result<Reloaded> => configuration.reload();
  const { token } = configuration;
  if (token === undefined) return { admin: undefined, reload };
  const facts = adminFacts(parts, reload);
  // A reload may bring another token, never none.
  const current = () => configuration.token ?? token;
  const admin = await openAdmin({ config, log, identity, facts, token: current });
  return { admin, reload };
}

/** Who has told an address, for the address book: no peer. */
const OPERATOR = "operator";

function adminFacts(parts: ControlParts, reload: () => Result<Reloaded>): AdminFacts {
  const { log, transport, driver, moment } = parts;
  return {
    bans: transport.bans,
    logLevel: () => log.level(),
    setLogLevel: (level) => log.setLevel(level),
    peers: () =>
      driver.peers.all().map(({ peer }) => ({
        id: peer.id,
        address: peer.address,
        linkIp: peer.linkIp,
        role: peer.role,
        inbound: !peer.outbound,
        connectedAtMs: peer.connectedAtMs,
      })),
    addPeer: (address) => {
      const parsed = parsePeerAddress(address);
      if (!parsed.ok) return parsed;
      transport.learn([address], OPERATOR);
      return ok(address);
    },
    dropPeer: (id) => {
      const isLinked = transport.peers().some((peer) => peer.id === id);
      if (isLinked) transport.disconnect(id, "dropped by the operator", 0);
      return isLinked;
    },
    isDraining: () => moment.draining,
    setDraining: (isDraining) => {
      moment.draining = isDraining || moment.stopping.signal.aborted;
    },
    reload,
  };
}
