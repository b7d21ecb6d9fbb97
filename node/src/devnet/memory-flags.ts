// Options of Node itself that keep a daemon small on a machine with much memory. Without them V8 takes what the
// machine has: a daemon that answers strangers with full blocks grows to 606 MiB, of which 40 are in use. With
// them 227 MiB, at 0 to 5 % more CPU for a block (docs/benchmarks/memory.md). The image's entry point has the
// first one, too; in a container with a limit V8 takes the second from the limit.

const FLAGS = ["--max-semi-space-size=8", "--max-old-space-size=1024"];

const nameOf = (flag: string): string => flag.slice(0, flag.indexOf("="));

/** In MiB. What NODE_OPTIONS sets is left to it. */
export function memoryFlags(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  // Node takes both spellings.
  const own = (env["NODE_OPTIONS"] ?? "").replaceAll("_", "-");
  return FLAGS.filter((flag) => !own.includes(nameOf(flag)));
}
