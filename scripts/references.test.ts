// A reference leads somewhere: links and anchors of documents, files named in comments and documents,
// and sections. `§` stands beside an RFC, or beside a document of this repository that has the section.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Files that still cite documents outside this repository. What they cite moves into the description of the
 * protocol under docs/;
 * a file whose citations are mended must go from here, too.
 */
const TO_BE_MOVED: readonly string[] = [
  "node/sim/twins-scenario.ts",
  "node/src/codec/compact-frames.ts",
  "node/src/config.ts",
  "node/src/consensus/README.md",
  "node/src/consensus/commit.ts",
  "node/src/consensus/conflict.ts",
  "node/src/consensus/evidence.ts",
  "node/src/consensus/fetch-polka.ts",
  "node/src/consensus/rounds.ts",
  "node/src/consensus/settle.ts",
  "node/src/consensus/tally.ts",
  "node/src/consensus/timeouts.ts",
  "node/src/crypto/round-certificate.ts",
  "node/src/driver/evidence-exchange.ts",
  "node/src/driver/future-frames.ts",
  "node/src/driver/late-precommits.ts",
  "node/src/driver/pacing.test.ts",
  "node/src/driver/pacing.ts",
  "node/src/driver/proposal-frame.ts",
  "node/src/driver/timing.ts",
  "node/src/driver/tx-relay.ts",
  "node/src/driver/vote-relay.ts",
  "node/src/ledger/evidence.ts",
  "node/src/ledger/failed-slots.ts",
  "node/src/sync/planner.ts",
  "node/src/types/consensus.ts",
];

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(ROOT, path)));

const known = new Set(files);
/** Every path from each of its folders on: the folder "node/src" may be left out. */
const tails = new Set(
  files.flatMap((path) => path.split("/").map((_, i, parts) => parts.slice(i).join("/"))),
);
const folders = new Set(
  files.flatMap((path) => path.split("/").map((_, i, parts) => parts.slice(0, i).join("/"))),
);
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const isDocument = (path: string): boolean => path.endsWith(".md");

interface Line {
  readonly path: string;
  readonly number: number;
  readonly text: string;
}

/** What people read: all of a document, the comments of a source. */
function proseOf(path: string): Line[] {
  return read(path)
    .split("\n")
    .map((text, i) => ({ path, number: i + 1, text: isDocument(path) ? text : commentOf(text) }))
    .filter(({ text }) => text !== "");
}

function commentOf(line: string): string {
  if (/^\s*(\/\/|\/\*|\*)/.test(line)) return line;
  const start = line.search(/\s\/\/ /);
  return start < 0 ? "" : line.slice(start);
}

const prose = files.filter((path) => /\.(ts|mjs|md)$/.test(path)).flatMap(proseOf);

/** The anchors of a document's headings, as they are made on the web. */
function anchorsOf(path: string): Set<string> {
  const headings = [...read(path).matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? "");
  const named = [...read(path).matchAll(/<a (?:id|name)="([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  const slugs = headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-"),
  );
  return new Set([...slugs, ...named]);
}

/** Where a mention leads: from the root, from its own folder, or as the end of a path. */
function target(line: Line, mention: string): string | undefined {
  const near = join(dirname(line.path), mention);
  if (known.has(mention)) return mention;
  if (known.has(near)) return near;
  return tails.has(mention) ? files.find((path) => path.endsWith(`/${mention}`)) : undefined;
}

const where = ({ path, number }: Line, what: string): string => `${path}:${number}: ${what}`;

/** Every broken reference of a line. */
function faultsOf(line: Line): string[] {
  return [...brokenLinks(line), ...brokenMentions(line), ...brokenSections(line)];
}

function brokenLinks(line: Line): string[] {
  if (!isDocument(line.path)) return [];
  const links = [...line.text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?/g)];
  return links.flatMap(([, path = "", anchor]) => {
    const file = path === "" ? line.path : join(dirname(line.path), path);
    if (!existsSync(join(ROOT, file))) return [where(line, path)];
    if (anchor === undefined || anchorsOf(file).has(anchor)) return [];
    return [where(line, `${path}#${anchor}`)];
  });
}

/** Files of code and documents by their ending, and anything under docs/; links are looked at above. */
function brokenMentions(line: Line): string[] {
  const text = line.text.replaceAll(/\]\([^)]*\)/g, "]").replaceAll(/https?:\S+/g, "");
  const paths = [
    ...text.matchAll(
      /(?<![\w@./*-])((?:[\w.-]+\/)*[\w.-]+\.(?:ts|mjs|md))(?:#([\w-]+))?(?![\w/*])/g,
    ),
  ];
  const broken = paths.flatMap(([, path = "", anchor]) => {
    const file = target(line, path);
    if (file === undefined) return [where(line, path)];
    if (anchor === undefined || anchorsOf(file).has(anchor)) return [];
    return [where(line, `${path}#${anchor}`)];
  });
  const documents = [...text.matchAll(/(?<![\w/-])(docs\/[\w/-]*[\w])(?![\w./-])/g)];
  const lost = documents
    .map((match) => match[1] ?? "")
    .filter((path) => !folders.has(path) && !files.some((file) => file.startsWith(path)));
  return [...broken, ...lost.map((path) => where(line, path))];
}

/** A section is of an RFC, or of a document here whose heading begins with it. */
function brokenSections(line: Line): string[] {
  const text = line.text.replaceAll(/RFC \d+(,? §[\d.]+)+/g, "");
  return [...text.matchAll(/(?:([\w./-]+\.md) )?§ ?(\w+(?:\.\w+)*)/g)].flatMap(
    ([mention, path, section = ""]) => {
      const file = path === undefined ? undefined : target(line, path);
      const heading = new RegExp(`^#+ ${section.replaceAll(".", "\\.")}[. ]`, "m");
      return file !== undefined && heading.test(read(file)) ? [] : [where(line, mention)];
    },
  );
}

describe("references", () => {
  const faulty = prose.flatMap((line) =>
    faultsOf(line).map((fault) => ({ path: line.path, fault })),
  );

  it("are found at all", () => {
    expect(prose.filter(({ text }) => /\.md\b/.test(text)).length).toBeGreaterThan(50);
  });

  it("lead somewhere", () => {
    const broken = faulty.filter(({ path }) => !TO_BE_MOVED.includes(path));
    expect(broken.map(({ fault }) => fault)).toEqual([]);
  });

  it("no longer need a place on the list where they do", () => {
    expect(TO_BE_MOVED.filter((file) => faulty.every(({ path }) => path !== file))).toEqual([]);
  });
});
