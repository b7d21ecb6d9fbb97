import { beforeEach, expect, it } from "vitest";
import { VirtualClock } from "../../adapters/memory/virtual-clock.ts";
import { PeerBook } from "../peers/peer-book.ts";
import { PrunedPeers } from "./pruned-peers.ts";

const ignore = (): void => {};
let said: object[];
let clock: VirtualClock;
let peers: PeerBook;
let watch: PrunedPeers;

beforeEach(() => {
  said = [];
  clock = new VirtualClock();
  peers = new PeerBook([]);
  const log = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields: object) => said.push(fields),
  };
  const head = { height: 10 };
  const chain = { head } as unknown as ConstructorParameters<typeof PrunedPeers>[0]["chain"];
  watch = new PrunedPeers({ clock, log, chain, peers });
});

function peer(id: string, height: number, baseHeight: number): void {
  const link = { role: "full", address: id, outbound: true, connectedAtMs: 0, version: 2 } as const;
  peers.connected({ id, nodeKey: new Uint8Array(32), ...link });
  peers.claim(id, { height, baseHeight, blockHash: new Uint8Array(32) });
}

it("says once a minute that no peer keeps the next block, and from where on they do", () => {
  peer("a", 90, 50);
  peer("b", 95, 12);
  watch.check();
  watch.check();
  expect(said).toEqual([{ code: "SYNC_PRUNED", height: 11, lowestKept: 12 }]);
  clock.advance(60_000);
  watch.check();
  expect(said).toHaveLength(2);
});

it("is silent where one has it, and where nobody is ahead", () => {
  watch.check();
  peer("behind", 10, 5);
  watch.check();
  peer("a", 90, 50);
  peer("b", 95, 11);
  watch.check();
  expect(said).toEqual([]);
});
