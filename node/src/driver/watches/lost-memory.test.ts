// What a validator does whose store, log or sign state is lost, damaged or an older copy: the table of
// docs/adr/0013, cell by cell, and with the oldest copy there is, a sign state that was new (0015). It never contradicts itself, signs again at the height that the table says,
// or is refused at its start.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import type { DiskCopy, TestNode } from "../../../test/driver-node.ts";
import { guardKey } from "../../adapters/file-signer.ts";
import { initSignState } from "../../adapters/init-sign-state.ts";
import { MemoryDisk } from "../../adapters/memory/memory-disk.ts";
import { seenSigning } from "../../daemon/seen-signing.ts";
import type { LastingSigner } from "../../ports.ts";
import { CodedError } from "../../types/errors.ts";

const HOLD = 10;
const STATE = "/d/sign-state";
const CONDITIONS = ["kept", "older", "lost"] as const;
type Condition = (typeof CONDITIONS)[number];
/** "new": a copy from before the first signature, put back. */
const STATE_CONDITIONS = [...CONDITIONS, "new", "damaged"] as const;
type StateCondition = (typeof STATE_CONDITIONS)[number];

/** Disks of node 3 in the middle of a height that it has voted in. */
interface Copy extends DiskCopy {
  readonly height: number;
  readonly signState: Uint8Array;
}

interface World {
  readonly network: DriverNetwork;
  readonly node: TestNode;
  /** Where the sign state of this run is. */
  disk: MemoryDisk;
  /** The sign state before the first signature. */
  readonly unused: Uint8Array;
  /** Copied six heights before the crash. */
  readonly older: Copy;
  readonly kept: Copy;
}

/** The start that the daemon would make: refused, or with what the sign state remembers. */
function openSigner({ network, node, disk }: World): LastingSigner {
  const { store, wal } = node;
  return guardKey(network.keyOf(3), {
    statePath: STATE,
    genesisHash: network.genesisHash,
    seenHeight: (publicKey) => seenSigning({ publicKey, store, wal, lastBlocks: HOLD }),
    disk,
  });
}

/** Runs until node 3 has voted at `height`, and copies its disks as they are then. */
function copyAt({ network, node, disk }: Pick<World, "network" | "node" | "disk">, height: number) {
  network.until(`a vote at ${height}`, () => network.signed.includes(`v3/${height}/0/3`));
  return { ...node.copyDisks(), height, signState: disk.read(STATE) ?? new Uint8Array(0) };
}

/** Four validators, the last of which has signed with a sign state on a disk, and crashed. */
function crashed(): World {
  const network = new DriverNetwork();
  const node = network.at(3);
  const begun = { network, node, disk: new MemoryDisk() };
  const none = { blocks: [], log: { height: 0, records: [] }, height: 0 };
  const empty = { ...none, signState: new Uint8Array(0) };
  const { publicKey } = network.keyOf(3);
  const { disk } = begun;
  const { genesisHash } = network;
  initSignState({ statePath: STATE, genesisHash, publicKey, seenHeight: 0, disk });
  const unused = disk.read(STATE) ?? new Uint8Array(0);
  node.signer = openSigner({ ...begun, unused, older: empty, kept: empty });
  network.start();
  const older = copyAt(begun, 6);
  const kept = copyAt(begun, 12);
  node.crash();
  return { ...begun, unused, older, kept };
}

function pick(world: World, condition: Condition): Copy | undefined {
  return condition === "lost" ? undefined : world[condition];
}

function stateBytes(world: World, state: StateCondition): Uint8Array | undefined {
  if (state === "damaged") return Uint8Array.of(1, 2, 3);
  return state === "new" ? world.unused : pick(world, state)?.signState;
}

/** Puts the disks in their state and starts the node; the code of a refusal, or undefined. */
function restart(world: World, store: Condition, log: Condition, state: StateCondition) {
  const { node } = world;
  const disk = new MemoryDisk();
  world.disk = disk;
  const blocks = pick(world, store)?.blocks ?? [];
  const records = pick(world, log)?.log;
  node.putDisks(records === undefined ? { blocks } : { blocks, log: records });
  const bytes = stateBytes(world, state);
  if (bytes !== undefined) disk.place(STATE, bytes);
  try {
    node.signer = openSigner(world);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return error.code;
  }
  node.start();
  return undefined;
}

/** The table: a code, or the first height that may be signed, given the height that was learned. */
function expected(store: Condition, log: Condition, state: StateCondition) {
  if (state === "damaged") return "SIGN_STATE_DAMAGED";
  if (state === "kept") return store === "kept" && log === "kept" ? "at once" : "above the last";
  if (state === "older" && (store === "kept" || log === "kept")) return "SIGN_STATE_OLD";
  if (state === "new" && !(store === "lost" && log === "lost")) return "SIGN_STATE_OLD";
  if (state === "lost" && !(store === "lost" && log === "lost")) return "SIGN_STATE_MISSING";
  return "after the hold";
}

const cells = CONDITIONS.flatMap((store) =>
  CONDITIONS.flatMap((log) => STATE_CONDITIONS.map((state) => [store, log, state] as const)),
);

describe("store, log and sign state", () => {
  it.each(cells)("%s, %s and %s: as the table says", (store, log, state) => {
    const world = crashed();
    const { network, kept } = world;
    network.untilHeight(kept.height + 3);
    const from = network.signed.length;
    const wish = expected(store, log, state);
    const refusal = restart(world, store, log, state);
    if (refusal !== undefined) {
      expect(refusal).toBe(wish);
      return;
    }
    const signed = (): readonly number[] =>
      network.signed
        .slice(from)
        .filter((place) => place.startsWith("v3/"))
        .map((place) => Number(place.split("/")[1]));
    network.until("it signs again", () => signed().length > 0);
    const first = Math.min(...signed());
    if (wish === "after the hold") expect(first).toBeGreaterThan(kept.height + HOLD);
    else expect(first).toBeLessThan(kept.height + HOLD);
    expect(["at once", "above the last", "after the hold"]).toContain(wish);
    if (wish === "above the last") expect(first).toBeGreaterThan(kept.height);
    network.untilHeight(network.at(0).height + 3);
    network.checkSafety();
  });
});

describe("a validator whose whole data directory was put back", () => {
  it("waits after the hold also where it is started again in the middle of the catch-up", () => {
    const world = crashed();
    const { network, node, kept } = world;
    network.untilHeight(kept.height + 3);
    const from = network.signed.length;
    const signed = (): readonly string[] =>
      network.signed.slice(from).filter((place) => place.startsWith("v3/"));
    const putBack = { ...world, kept: world.older };
    expect(restart(putBack, "kept", "kept", "kept")).toBeUndefined();
    network.until("it has found its own signatures", () => node.signer?.isLost === true);
    node.crash();
    // What the disk has now: more blocks, and certificates with its signatures.
    node.signer = openSigner(putBack);
    expect(node.signer.isLost).toBe(true);
    expect(node.signer.minHeight).toBeGreaterThan(world.older.height);
    node.start();
    network.until("it signs again", () => signed().length > 0);
    const first = Math.min(...signed().map((place) => Number(place.split("/")[1])));
    expect(first).toBeGreaterThan(kept.height + HOLD);
    network.untilHeight(network.at(0).height + 3);
    network.checkSafety();
  });
});

describe("a validator that has forgotten its lock", () => {
  /** Node 2 is down and node 3 has precommitted, unseen by all: without it nothing can be decided. */
  function locked(): { network: DriverNetwork; node: TestNode; height: number } {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(4);
    const node = network.at(3);
    network.until("it precommits before the others decide", () => {
      const place = network.signed.at(-1) ?? "";
      return place.startsWith("v3/") && place.endsWith("/0/3");
    });
    const height = node.height + 1;
    node.crash();
    network.at(2).crash();
    return { network, node, height };
  }

  it("does not sign at that height, also where the chain waits for it", () => {
    const { network, node, height } = locked();
    const { blocks } = node.copyDisks();
    node.putDisks({ blocks });
    const from = network.signed.length;
    node.start();
    network.run(5_000);
    expect(network.signed.slice(from).some((place) => place.startsWith("v3/"))).toBe(false);
    expect(node.node.driver.signing).toMatchObject({ fromHeight: height + 1 });
    expect(node.node.driver.signing.refusal).toContain("forgotten a lock");
    network.at(2).start();
    network.untilHeight(height + 3);
    expect(network.signed.slice(from).some((place) => place.startsWith("v3/"))).toBe(true);
    network.checkSafety();
  });

  it("signs at that height where its log is there", () => {
    const { network, node, height } = locked();
    node.start();
    network.at(2).start();
    network.untilHeight(height + 3);
    network.checkSafety();
    expect(node.log.some(({ message }) => message.includes("signed above"))).toBe(false);
  });
});

describe("an honest crash", () => {
  /** What the daemon's start would see, and what the driver said, at a crash before the given port call. */
  function crashAt(point: number, tornRecords: number): void {
    const network = new DriverNetwork({ validators: 1 });
    const node = network.at(0);
    node.tornRecords = tornRecords;
    node.dieAt(point);
    node.start();
    network.run(1_500);
    expect(node.isRunning).toBe(false);
    const { store, wal, signer } = node;
    const [{ publicKey } = { publicKey: new Uint8Array(32) }] = network.set;
    const parts = { publicKey, store, wal, validatorsAt: () => network.set, lastBlocks: HOLD };
    expect(seenSigning(parts)).toBeLessThanOrEqual(signer?.last?.height ?? 0);
    node.start();
    expect(node.node.driver.signing).toMatchObject({ fromHeight: 1, refusal: undefined });
    expect(node.log.some(({ message }) => message.includes("the key has signed"))).toBe(false);
    network.untilHeight(node.height + 2);
    network.checkSafety();
  }

  it("is never refused or held, at every point between two durable writes of four heights", () => {
    const network = new DriverNetwork({ validators: 1 });
    network.start();
    network.untilHeight(4);
    const { points } = network.at(0);
    expect(points).toBeGreaterThan(60);
    for (let point = 0; point < points; point++) crashAt(point, point % 3);
  });
});

describe("a validator that restarts", () => {
  it("signs nothing before f + 1 others have said where they are, and then what it had to", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(4);
    for (const node of network.nodes) node.crash();
    const node = network.at(0);
    network.partition([node], [network.at(1)], [network.at(2), network.at(3)]);
    const from = network.signed.length;
    network.start();
    network.run(3_000);
    expect(network.signed.slice(from)).toEqual([]);
    expect(node.node.driver.signing.refusal).toContain("f + 1");
    network.heal();
    network.untilHeight(8);
    expect(node.node.driver.signing).toMatchObject({ fromHeight: 1, refusal: undefined });
    network.checkSafety();
  });

  it("signs nothing while another process signs with its key", () => {
    const network = new DriverNetwork();
    network.start();
    network.untilHeight(5);
    const twin = network.addTwinOf(3);
    twin.start();
    network.untilHeight(5 + 3 * HOLD);
    expect(network.signed.some((place) => place.startsWith("twin-of-v3/"))).toBe(false);
    expect(twin.node.driver.signing.refusal).toContain("second process");
    network.checkSafety();
  });
});
