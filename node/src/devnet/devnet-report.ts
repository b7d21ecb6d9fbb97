// What a devnet tells its user once it runs: its nodes, its funded accounts, and what to do next.
// Paths of key files are shown, never keys. Pure.

import { formatForPeople } from "../cli/print.ts";
import { type DevnetPlan, devnetPaths, opsUrlOf, rpcUrlOf } from "./devnet-plan.ts";

export interface ReportOptions {
  readonly plan: DevnetPlan;
  readonly directory: string;
  /** How time-cli is called here, e.g. `node node/src/time-cli.ts`. */
  readonly cli: string;
  readonly firstBlockMs: number;
  readonly isKept: boolean;
  /** Whether a node that ends is started again. */
  readonly restarts: boolean;
}

/** At most this many rows are worth reading; the directory has the rest. */
const MAX_ROWS = 12;

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ");

function tolerance(validators: number): string {
  const faults = Math.floor((validators - 1) / 3);
  if (faults > 0) return `tolerates ${faults} faulty of ${validators} validators`;
  return `${validators} validators tolerate no fault; the smallest tolerant network has 4`;
}

function nextSteps({ plan, directory, cli }: ReportOptions): string {
  const paths = devnetPaths(directory);
  const [node] = plan.nodes;
  const [from, to] = plan.accounts;
  if (node === undefined) return "";
  const asked = `${cli} -r ${rpcUrlOf(node)}`;
  const lines = [`${asked} get-blockchain-info`];
  if (from !== undefined && to !== undefined) {
    lines.push(`${asked} get-balance ${to.address}`);
    lines.push(`${asked} send ${to.address} 12.5 --key ${paths.accountKey(from.name)}`);
  }
  lines.push(`curl -s ${opsUrlOf(node)}/status`);
  return `${lines.join("\n")}\n`;
}

/** The whole report. */
export function devnetReport(options: ReportOptions): string {
  const { plan, directory, firstBlockMs, isKept, restarts } = options;
  const paths = devnetPaths(directory);
  const shown = plan.nodes.slice(0, MAX_ROWS);
  const rows = shown.map((node) => ({
    node: node.name,
    RPC: rpcUrlOf(node),
    operations: opsUrlOf(node),
    log: paths.log(node.name),
  }));
  const hidden = plan.nodes.length - shown.length;
  const more = hidden > 0 ? `  and ${hidden} more in ${directory}\n` : "";
  const accounts = plan.accounts.map(({ name, address, amount }) => ({
    account: name,
    address,
    TIME: amount,
    key: paths.accountKey(name),
  }));
  const seconds = (firstBlockMs / 1000).toFixed(1);
  return [
    `==> ${plan.chainId} runs: first block on every node after ${seconds} s\n`,
    `    ${tolerance(plan.nodes.length)}\n\n`,
    indent(formatForPeople(rows)),
    more,
    "\n",
    indent(formatForPeople(accounts)),
    "\n  next:\n",
    indent(indent(nextSteps(options))),
    `\n  Where one node ends, ${restarts ? "it is started again" : "all are stopped; --restart starts it again"}.\n`,
    `  Ctrl-C stops it; ${directory} is then ${isKept ? "kept" : "removed"}.\n`,
  ].join("");
}
