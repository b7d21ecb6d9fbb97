// The product's two images as the tooling builds them. The tag is a key over every file that goes in,
// so a changed source gives a new tag, and an unchanged one is neither built nor rolled out again.
// Called by start-network.ts, the image tests and the cluster tests.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ImageSpec, inputFiles } from "../cluster/build-image.ts";
import { contentKey, keyOfFiles } from "../cluster/content-key.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

const MANIFESTS = [
  "package.json",
  "package-lock.json",
  "node/package.json",
  "operator/package.json",
  "e2e/package.json",
  "tsconfig.base.json",
];

/** Repository and tag apart, as charts and specs take them. */
export interface ProductImage {
  readonly spec: ImageSpec;
  readonly repository: string;
  readonly tag: string;
}

export const nodeImage = (): ProductImage =>
  productImage("timecoin/timed", "node/Dockerfile", [
    ...MANIFESTS,
    "node/tsconfig.build.json",
    "node/src",
  ]);

export const operatorImage = (): ProductImage =>
  productImage("timecoin/operator", "operator/Dockerfile", [
    ...MANIFESTS,
    "operator/build.ts",
    "operator/src",
    "node/src",
  ]);

function productImage(
  repository: string,
  dockerfile: string,
  inputs: readonly string[],
): ProductImage {
  const files = inputFiles(root, [dockerfile, ...inputs]);
  const key = contentKey({
    files: keyOfFiles(Object.fromEntries(files.map((name) => [name, join(root, name)]))),
  });
  const version = productVersion();
  const tag = `${version}-${key.slice(0, 12)}`;
  return {
    repository,
    tag,
    spec: {
      image: `${repository}:${tag}`,
      root,
      dockerfile,
      inputs,
      buildArgs: { VERSION: version, REVISION: lastCommitOf([dockerfile, ...inputs]) },
    },
  };
}

/**
 * The commit that last changed one of the inputs, so that an image that need not change keeps its label;
 * with "-dirty" where they differ from it, and "unknown" outside a git checkout.
 */
function lastCommitOf(inputs: readonly string[]): string {
  const git = (...args: readonly string[]): string | undefined => {
    const result = spawnSync("git", ["-C", root, ...args, "--", ...inputs], { encoding: "utf8" });
    return result.status === 0 ? result.stdout.trim() : undefined;
  };
  const commit = git("log", "-1", "--format=%H");
  if (commit === undefined || commit === "") return "unknown";
  return git("status", "--porcelain") === "" ? commit : `${commit}-dirty`;
}

function productVersion(): string {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version;
}

/** A path of the checkout. */
export const fromRoot = (...parts: readonly string[]): string => join(root, ...parts);
