// `timed halt show|clear`: what a halted node saw, and the operator's word that it may go on. Works on the
// data directory of a node that is down.

import { existsSync, renameSync } from "node:fs";
import type { Command } from "commander";
import { lockDataDir, requireDataDir } from "../adapters/data-dir-lock.ts";
import {
  clearHaltMarker,
  type HaltMarker,
  haltMarkerPath,
  readHaltMarker,
  summaryOf,
} from "../adapters/halt-marker.ts";
import { chainDirectory } from "./open-chain.ts";

interface Options {
  readonly dataDir: string;
  readonly json: boolean;
}

/** Adds `halt`; errors are CodedErrors for the caller to print. */
export function addHaltCommands(program: Command, out: (text: string) => void): void {
  const halt = program
    .command("halt")
    .description("the halt marker of a node that saw a fork, or a certified block that it refuses");
  add("show", "print what the node saw and who is to answer for it", (options) => {
    requireDataDir(options.dataDir);
    const marker = readHaltMarker(options.dataDir);
    return { marker, text: marker === undefined ? "not halted" : describe(options, marker) };
  });
  add("clear", "let the node start again; the marker is kept beside", async (options) => {
    requireDataDir(options.dataDir);
    const lock = await lockDataDir(options.dataDir);
    try {
      const marker = readHaltMarker(options.dataDir);
      if (marker === undefined) return { marker, text: "not halted" };
      const chain = setAside(options.dataDir, marker);
      const kept = clearHaltMarker(options.dataDir, Date.now());
      const text = `cleared: ${summaryOf(marker)}\nkept as ${kept}`;
      if (chain === undefined) return { marker, kept, text };
      const next = `the chain is kept as ${chain}; the next start fetches it anew from its peers`;
      return { marker, kept, chain, text: `${text}\n${next}` };
    } finally {
      await lock.release();
    }
  });

  function add(
    name: string,
    description: string,
    act: (options: Options) => Answer | Promise<Answer>,
  ): void {
    halt
      .command(name)
      .description(description)
      .requiredOption("-d, --data-dir <directory>", "the node's dataDir")
      .option("--json", "one line of JSON", false)
      .action(async (options: Options) => {
        const { marker, kept, chain, text } = await act(options);
        const halted = marker !== undefined && kept === undefined;
        const facts = { halted, kept, chain, marker };
        out(`${options.json ? JSON.stringify(facts) : text}\n`);
      });
  }
}

/**
 * Gives the new place. A state that is not the network's is of no use: the next start begins with none. Keys, sign state and log stay.
 * Before the marker goes: a clear that is interrupted is done again.
 */
function setAside(dataDir: string, marker: HaltMarker | "damaged"): string | undefined {
  if (marker === "damaged" || marker.kind !== "diverged") return undefined;
  const chain = chainDirectory(dataDir);
  if (!existsSync(chain)) return undefined;
  const aside = `${chain}.diverged-${marker.at.replaceAll(":", "")}`;
  renameSync(chain, aside);
  return aside;
}

interface Answer {
  readonly marker: HaltMarker | "damaged" | undefined;
  readonly kept?: string;
  /** Where the chain was set aside. */
  readonly chain?: string;
  readonly text: string;
}

function describe({ dataDir }: Options, marker: HaltMarker | "damaged"): string {
  const path = haltMarkerPath(dataDir);
  if (marker === "damaged") return `halted: ${path} cannot be read`;
  return `halted since ${marker.at}: ${summaryOf(marker)}\n${marker.meaning}\nin full: ${path}`;
}
