// The pages for operators name only what there is: metrics, error codes, fields of /status, settings, commands.

import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const FOLDER = "docs/operations";
const read = (path: string): string => readFileSync(path, "utf8");
const pages = readdirSync(FOLDER).map((name) => [name, read(`${FOLDER}/${name}`)] as const);
const REFERENCE = {
  metrics: read("docs/reference/metrics.md"),
  errors: read("docs/reference/errors.md"),
  status: read("docs/reference/status.md"),
  config: read("docs/reference/config.md"),
  cli: read("docs/reference/cli.md"),
};

/** Names in backticks that look like one kind, and the page that lists that kind. */
const KINDS: readonly (readonly [string, RegExp, (name: string) => boolean])[] = [
  ["metric", /\btimecoin_[a-z0-9_]+/g, (name) => REFERENCE.metrics.includes(`\`${name}\``)],
  [
    "code",
    /`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g,
    (name) => REFERENCE.errors.includes(`\`${name}\``),
  ],
  [
    "field",
    // `sync.` is a part of the status and of the configuration.
    /`((?:sync|peers|validators|self)\.[A-Za-z]+)`/g,
    (name) => [REFERENCE.status, REFERENCE.config].some((page) => page.includes(`\`${name}\``)),
  ],
  [
    "setting",
    /`((?:p2p|rpc|ops|admin|store|consensus|keys|log|mempool)\.[A-Za-z0-9]+)/g,
    (name) => REFERENCE.config.includes(`\`${name}\``),
  ],
  [
    "command",
    /`?time-cli ([a-z]+(?:-[a-z]+)*)/g,
    (name) => REFERENCE.cli.includes(`### time-cli ${name}`),
  ],
];

it.each(pages)("%s names only what there is", (_name, text) => {
  const unknown = KINDS.flatMap(([kind, pattern, isKnown]) =>
    [...text.matchAll(pattern)]
      .map((match) => match[1] ?? match[0])
      .filter((name) => !isKnown(name))
      .map((name) => `${kind} ${name}`),
  );
  expect(unknown).toEqual([]);
});

it("finds names of every kind", () => {
  const all = pages.map(([, text]) => text).join();
  for (const [kind, pattern] of KINDS)
    expect([...all.matchAll(pattern)].length, kind).toBeGreaterThan(3);
});
