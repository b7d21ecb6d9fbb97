// The arrows of ARCHITECTURE.md, import by import: no room imports what its row in layers.ts does not
// name, no file stands outside the rooms, and no exception outlives its cause.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { EXCEPTIONS, PURE_ROOMS, ROOMS } from "./layers.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const sources = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => /\.(ts|mjs)$/.test(path) && path.includes("/"))
  .filter((path) => !path.endsWith(".d.ts") && existsSync(join(ROOT, path)));

/** May import everything. */
const isTest = (path: string): boolean =>
  /\.(test|bench|config)\.ts$|\/(test|testing)\/|^e2e\/(process|image|cluster)\//.test(path);

const lies = (path: string, room: string): boolean =>
  path === room || path.startsWith(`${room}/`) || path === `${room}.ts`;

/** The room of a file: the longest name that fits. */
function roomOf(path: string): string | undefined {
  const fitting = Object.keys(ROOMS).filter((room) => lies(path, room));
  return fitting.toSorted((a, b) => b.length - a.length)[0];
}

/** What `exports` of a workspace's package.json says a name leads to. */
function exported(workspace: string, name: string): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, workspace, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  for (const [key, target] of Object.entries(manifest.exports)) {
    if (key === `./${name}`) return join(workspace, target);
    const [head = "", tail] = key.slice(2).split("*");
    if (tail === undefined || !name.startsWith(head)) continue;
    return join(workspace, target.replace("*", name.slice(head.length)));
  }
  throw new Error(`${workspace} exports no ${name}`);
}

/** The files of the repository that a file imports. */
function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  const names = [...text.matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  return names.flatMap((name) => {
    if (name.startsWith(".")) return [join(dirname(path), name)];
    const own = /^@timecoin\/(node|operator)\/(.+)$/.exec(name);
    return own === null ? [] : [exported(own[1] ?? "", own[2] ?? "")];
  });
}

const isFolder = (room: string): boolean => statSync(join(ROOT, room)).isDirectory();

/** READMEs that are missing or open otherwise. */
const WITHOUT_README: readonly string[] = [
  "node/src/codec",
  "node/src/crypto",
  "node/src/consensus",
  "node/sim",
  "node/mutation",
];

const edges = sources
  .filter((path) => !isTest(path))
  .flatMap((from) => importsOf(from).map((to) => ({ from, to })));

function isAllowed({ from, to }: { readonly from: string; readonly to: string }): boolean {
  const room = roomOf(from);
  if (room === undefined) return false;
  const target = roomOf(to);
  if (!isTest(to) && target === room) return true;
  return (ROOMS[room] ?? []).some((allowed) =>
    // A row that names a room means that room alone, not the rooms inside it.
    allowed in ROOMS ? target === allowed : lies(to, allowed),
  );
}

const isException = (edge: { readonly from: string; readonly to: string }): boolean =>
  EXCEPTIONS.some(({ from, to }) => from === edge.from && to === edge.to);

describe("the layers", () => {
  it("find the imports at all", () => {
    expect(edges.length).toBeGreaterThan(1_000);
    expect(edges.filter(({ to }) => !existsSync(join(ROOT, to)))).toEqual([]);
  });

  it("hold every source file in a room", () => {
    const homeless = sources.filter((path) => !isTest(path) && roomOf(path) === undefined);
    expect(homeless).toEqual([]);
  });

  it("let no room import what its row does not name", () => {
    const against = edges.filter((edge) => !isAllowed(edge) && !isException(edge));
    expect(against.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it("are told to lint: the same rooms are pure there", () => {
    const lint = JSON.parse(readFileSync(join(ROOT, ".oxlintrc.json"), "utf8")) as {
      readonly overrides: readonly {
        readonly files: readonly string[];
        readonly rules: Readonly<Record<string, unknown>>;
      }[];
    };
    const pure = lint.overrides.find(({ rules }) =>
      Array.isArray(rules["no-restricted-globals"]),
    )?.files;
    expect(pure).toEqual(PURE_ROOMS.map((room) => `${room}/**/*.ts`));
  });

  it("give every room a README that opens with what always holds", () => {
    const rooms = Object.keys(ROOMS).filter(
      (room) => isFolder(room) && !WITHOUT_README.includes(room),
    );
    const silent = rooms.filter((room) => {
      const path = join(ROOT, room, "README.md");
      return (
        !existsSync(path) ||
        !/^# .*\n\n\| always holds \| test \|\n/.test(readFileSync(path, "utf8"))
      );
    });
    expect(silent).toEqual([]);
  });

  it("keep no exception that nobody needs", () => {
    const needed = edges.filter((edge) => !isAllowed(edge)).map(({ from, to }) => `${from} ${to}`);
    expect(EXCEPTIONS.filter(({ from, to }) => !needed.includes(`${from} ${to}`))).toEqual([]);
  });
});
