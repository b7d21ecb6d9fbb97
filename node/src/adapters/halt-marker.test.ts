import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, describe, expect, it } from "vitest";
import { BLOCK, CERTIFICATE } from "../../test/sample-messages.ts";
import { encodeCertificate } from "../codec/chain.ts";
import { toHex } from "../codec/hex.ts";
import { addHaltCommands } from "../daemon/halt-command.ts";
import { type Certificate, PRECOMMIT } from "../types/chain.ts";
import { CodedError } from "../types/errors.ts";
import type { ForkFound } from "../types/fork.ts";
import {
  divergenceMarkerOf,
  haltMarkerOf,
  readHaltMarker,
  refuseWhereHalted,
  writeHaltMarker,
} from "./halt-marker.ts";
import { ALL_CRASHES, DiskCrash, MemoryDisk } from "./memory/memory-disk.ts";

const { signers } = CERTIFICATE;
const validators = signers.map((_, i) => ({
  publicKey: new Uint8Array(32).fill(i + 1),
  nodeKey: new Uint8Array(32).fill(i + 1),
  power: 1,
}));
const ours: Certificate = { ...CERTIFICATE, type: PRECOMMIT, height: 7, round: 2 };
const theirs = { ...ours, blockHash: new Uint8Array(32).fill(9) };
const FOUND: ForkFound = {
  height: 7,
  ours,
  theirs,
  validators,
  conflict: { kind: "sameRound", culprits: [0, 2] },
};
const about = { genesisHash: new Uint8Array(32).fill(3), nowMs: 1_700_000_000_000 };
const marker = haltMarkerOf(FOUND, about);

const roots: string[] = [];
const newDirectory = (): string => {
  const root = mkdtempSync(join(tmpdir(), "timecoin-halt-"));
  roots.push(root);
  // What tells a node's data directory from any other.
  mkdirSync(join(root, "lock"));
  return root;
};
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function refusalOf(directory: string): CodedError | undefined {
  try {
    refuseWhereHalted(directory);
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

describe("the halt marker", () => {
  it("holds both certificates and names who is to answer", () => {
    expect(marker).toMatchObject({ height: 7, kind: "sameRound", suspects: [] });
    expect(marker.culprits).toEqual([
      { index: 0, publicKey: "01".repeat(32) },
      { index: 2, publicKey: "03".repeat(32) },
    ]);
    expect(marker.theirs.certificate).toBe(toHex(encodeCertificate(theirs)));
    const suspects = haltMarkerOf(
      { ...FOUND, conflict: { kind: "crossRound", suspects: [1] } },
      about,
    );
    expect(suspects).toMatchObject({ culprits: [], suspects: [{ index: 1 }] });
  });

  it("refuses the start, with the fork and the names, until it is gone", () => {
    const directory = newDirectory();
    expect(refusalOf(directory)).toBeUndefined();
    writeHaltMarker(directory, marker);
    expect(readHaltMarker(directory)).toEqual(marker);
    const refusal = refusalOf(directory);
    expect(refusal?.code).toBe("NODE_HALTED");
    expect(refusal?.message).toContain("03".repeat(32));
    expect(refusal?.action).toContain("timed halt clear");
  });

  it("refuses it also where it is damaged", () => {
    const directory = newDirectory();
    writeFileSync(join(directory, "halted.json"), "{");
    expect(readHaltMarker(directory)).toBe("damaged");
    expect(refusalOf(directory)?.code).toBe("NODE_HALTED");
  });

  it("is there whole or not at all, whenever the machine dies", () => {
    for (let point = 0; point < 8; point++) {
      for (const keeps of ALL_CRASHES) {
        const disk = new MemoryDisk();
        disk.dieBefore(point);
        let isWritten = true;
        try {
          writeHaltMarker("/d", marker, disk);
        } catch (error) {
          if (!(error instanceof DiskCrash)) throw error;
          isWritten = false;
        }
        disk.crash(keeps);
        const found = readHaltMarker("/d", disk);
        if (isWritten) expect(found).toEqual(marker);
        else expect(found === undefined || found !== "damaged").toBe(true);
      }
    }
  });
});

describe("timed halt", () => {
  async function halt(...args: readonly string[]): Promise<string> {
    let text = "";
    const program = new Command().exitOverride();
    addHaltCommands(program, (more) => {
      text += more;
    });
    await program.parseAsync(["halt", ...args], { from: "user" });
    return text;
  }

  it("shows what the node saw, for people and as JSON", async () => {
    const directory = newDirectory();
    expect(await halt("show", "--data-dir", directory)).toBe("not halted\n");
    writeHaltMarker(directory, marker);
    expect(await halt("show", "--data-dir", directory)).toContain("culprits: 0101");
    const json: unknown = JSON.parse(await halt("show", "--data-dir", directory, "--json"));
    expect(json).toEqual({ halted: true, marker });
    writeFileSync(join(directory, "halted.json"), "{");
    expect(await halt("show", "--data-dir", directory)).toContain("cannot be read");
  });

  it("sets the chain of a diverged node aside, also where it was interrupted before", async () => {
    const directory = newDirectory();
    const chain = join(directory, "chain");
    mkdirSync(chain);
    const certified = { block: BLOCK, certificate: theirs };
    const diverged = divergenceMarkerOf({ certified, reason: "state root", validators }, about);
    writeHaltMarker(directory, diverged);
    expect(readHaltMarker(directory)).toEqual(diverged);
    expect(refusalOf(directory)?.message).toContain("the ledger here refuses it: state root");
    const clear = async () =>
      JSON.parse(await halt("clear", "--data-dir", directory, "--json")) as { chain?: string };
    const { chain: aside } = await clear();
    expect([existsSync(chain), existsSync(aside ?? "")]).toEqual([false, true]);
    writeHaltMarker(directory, diverged);
    expect(await clear()).toMatchObject({ halted: false });
    expect(refusalOf(directory)).toBeUndefined();
  });

  it("clears it, keeps the proof, and has nothing to do after that", async () => {
    const directory = newDirectory();
    writeHaltMarker(directory, marker);
    const json = JSON.parse(await halt("clear", "--data-dir", directory, "--json")) as object;
    expect(json).toMatchObject({
      halted: false,
      kept: expect.stringContaining("halted.json.cleared-"),
    });
    expect(refusalOf(directory)).toBeUndefined();
    expect(readdirSync(directory).some((name) => name.startsWith("halted.json.cleared-"))).toBe(
      true,
    );
    expect(await halt("clear", "--data-dir", directory)).toBe("not halted\n");
  });
});
