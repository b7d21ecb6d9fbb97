// A local network whose links can be cut and healed while its daemons run. Each daemon dials each other one
// through a relay of that pair, and tells nobody its own address, so there is no way around the relays. Made
// before the daemons start. Used by the benchmarks net.partition and net.double-spend.

import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { LinkRelay } from "./link-relay.ts";
import type { LocalNetwork } from "./local-network.ts";

interface PeerSection {
  readonly peers: readonly string[];
  readonly advertise?: string;
}

export class CuttableLinks {
  /** By dialler, then by whom it dials. */
  readonly #relays: ReadonlyMap<number, ReadonlyMap<number, LinkRelay>>;

  private constructor(relays: ReadonlyMap<number, ReadonlyMap<number, LinkRelay>>) {
    this.#relays = relays;
  }

  /** Opens the relays and writes them into the daemons' configurations. */
  static async open(network: LocalNetwork): Promise<CuttableLinks> {
    const relays = new Map<number, Map<number, LinkRelay>>();
    for (const dialler of network.nodes.keys()) {
      const row = new Map<number, LinkRelay>();
      for (const [listener, { plan }] of network.nodes.entries()) {
        if (listener === dialler) continue;
        row.set(listener, await LinkRelay.open({ host: plan.host, port: plan.p2pPort }));
      }
      relays.set(dialler, row);
      dialThrough(network, dialler, row);
    }
    return new CuttableLinks(relays);
  }

  /** What `from` sends does not reach `to`; the other way is as it was. */
  hold(from: number, to: number): void {
    this.#relay(from, to).hold("there");
    this.#relay(to, from).hold("back");
  }

  /** Closes the links of the two and refuses new ones. */
  break(one: number, other: number): void {
    this.#relay(one, other).break();
    this.#relay(other, one).break();
  }

  heal(): void {
    for (const relay of this.#all()) relay.heal();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all().map((relay) => relay.close()));
  }

  #all(): readonly LinkRelay[] {
    return [...this.#relays.values()].flatMap((row) => [...row.values()]);
  }

  #relay(dialler: number, listener: number): LinkRelay {
    const relay = this.#relays.get(dialler)?.get(listener);
    if (relay === undefined) throw new RangeError(`no link from ${dialler} to ${listener}`);
    return relay;
  }
}

function dialThrough(
  network: LocalNetwork,
  dialler: number,
  row: ReadonlyMap<number, LinkRelay>,
): void {
  const path = network.paths.config(network.node(dialler).plan.name);
  const { p2p, ...rest } = parse(readFileSync(path, "utf8")) as { p2p: PeerSection };
  const { advertise: _, peers: written, ...others } = p2p;
  const peers = [...row].map(([listener, relay]) => {
    const { host, p2pPort } = network.node(listener).plan;
    const peer = written.find((text) => text.endsWith(`@${host}:${p2pPort}`));
    if (peer === undefined) throw new Error(`${path} does not name ${host}:${p2pPort}`);
    return `${peer.slice(0, peer.indexOf("@"))}@127.0.0.1:${relay.port}`;
  });
  writeFileSync(path, stringify({ ...rest, p2p: { ...others, peers } }));
}
