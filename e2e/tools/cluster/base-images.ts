// The base images where no registry answers: `debian:trixie-slim` by debootstrap from the
// machine's Debian mirror, and `node:24-trixie-slim` = that base + the Node 24 binary of the npm
// package that this repository depends on + npm. They carry the names that ordinary Dockerfiles
// use, so one Dockerfile builds in both worlds. An image whose content-key label fits is kept.
// Called by cluster.ts before anything is built.
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { run } from "../run-command.ts";
import { ensurePackages } from "./apt-packages.ts";
import { cachedFolder, logPath, scratchFolder } from "./cache.ts";
import { contentKey, keyOfFiles } from "./content-key.ts";
import { builderEnv, docker, imageKey, keyLabel } from "./docker.ts";
import {
  hostExtraCertificates,
  hostMirrors,
  hostNpmRegistry,
  type Mirrors,
} from "./host-settings.ts";
import { baseImageNames, versions } from "./versions.ts";

const bundlePath = "/etc/ssl/certs/ca-certificates.crt";
/** What `slim` leaves out, and what belongs to the building machine. */
const removed = [
  "usr/share/doc",
  "usr/share/man",
  "usr/share/info",
  "usr/share/locale",
  "var/cache/apt",
  "var/lib/apt/lists",
  "var/log/bootstrap.log",
  "etc/resolv.conf",
  "etc/hostname",
];

/** Makes both base images where they are missing or out of date. */
export async function ensureBaseImages(progress: Progress, yes: boolean): Promise<void> {
  const debianKey = await ensureDebianImage(progress, yes);
  await ensureNodeImage(progress, debianKey);
}

/** apt sources of the base image. */
export function aptSources(suite: string, mirrors: Mirrors): string {
  return [
    `deb ${mirrors.debian} ${suite} main`,
    `deb ${mirrors.debian} ${suite}-updates main`,
    `deb ${mirrors.security} ${suite}-security main`,
    "",
  ].join("\n");
}

async function ensureDebianImage(progress: Progress, yes: boolean): Promise<string> {
  const mirrors = hostMirrors();
  const certificates = hostExtraCertificates();
  const key = contentKey({
    recipe: "1",
    suite: versions.debianSuite,
    mirrors: [mirrors.debian, mirrors.security],
    certificates,
    removed,
  });
  if ((await imageKey(baseImageNames.debian)) === key) return key;
  await ensurePackages(progress, {
    purpose: "for the base image",
    packages: ["debootstrap", "debian-archive-keyring"],
    yes,
  });
  const what =
    certificates.length === 0
      ? `making ${baseImageNames.debian} by debootstrap`
      : `making ${baseImageNames.debian} by debootstrap, with ${certificates.length} authorities of this machine`;
  await progress.step("images", what, async () => {
    const scratch = scratchFolder("debian");
    try {
      await makeDebianImage(scratch, key, { mirrors, certificates });
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
  return key;
}

interface HostParts {
  readonly mirrors: Mirrors;
  readonly certificates: readonly string[];
}

async function makeDebianImage(scratch: string, key: string, host: HostParts): Promise<void> {
  const root = join(scratch, "rootfs");
  const tar = join(scratch, "rootfs.tar");
  const options = {
    timeoutMs: 300_000,
    logFile: logPath("base-image"),
    failure: {
      code: "CLUSTER_BASE_IMAGE" as const,
      action: `Check the Debian mirror ${host.mirrors.debian} (log: ${logPath("base-image")}), then run the same command again.`,
    },
  };
  const suite = versions.debianSuite;
  const flags = ["--variant=minbase", "--include=ca-certificates"];
  await run("debootstrap", [...flags, suite, root, host.mirrors.debian], options);
  for (const [index, pem] of host.certificates.entries()) {
    const folder = join(root, "usr/local/share/ca-certificates");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `machine-${index}.crt`), pem);
  }
  if (host.certificates.length > 0) await run("chroot", [root, "update-ca-certificates"], options);
  for (const path of removed) rmSync(join(root, path), { recursive: true, force: true });
  for (const path of ["var/cache/apt/archives/partial", "var/lib/apt/lists/partial"]) {
    mkdirSync(join(root, path), { recursive: true });
  }
  writeFileSync(join(root, "etc/apt/sources.list"), aptSources(suite, host.mirrors));
  await run("tar", ["-C", root, "--numeric-owner", "-cf", tar, "."], options);
  const changes = ['CMD ["bash"]', `LABEL ${keyLabel}=${key}`];
  if (host.certificates.length > 0) changes.push(`ENV NODE_EXTRA_CA_CERTS=${bundlePath}`);
  const changeFlags = changes.flatMap((change) => ["--change", change]);
  await docker(["import", ...changeFlags, tar, baseImageNames.debian], options);
}

/** The Node 24 binary that the repository's own dependencies bring for this machine. */
function nodeBinary(): string {
  const name = `node-linux-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const path = join(dirname(require.resolve(`${name}/package.json`)), "bin/node");
    if (existsSync(path)) return path;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
  throw new ToolingError({
    code: "CLUSTER_NODE_BINARY",
    thing: `the npm package ${name}`,
    place: "node_modules",
    reason: "it is not installed, and the Node base image is made from its binary",
  });
}

/** npm, unpacked from its own package: it brings its dependencies along. */
async function npmFolder(): Promise<string> {
  const { path } = await cachedFolder("npm", `npm-${versions.npm}`, async (directory) => {
    const options = {
      cwd: directory,
      timeoutMs: 120_000,
      logFile: logPath("base-image"),
      failure: {
        code: "CLUSTER_NPM_PACKAGE" as const,
      },
    };
    await run("npm", ["pack", "--silent", `npm@${versions.npm}`], options);
    const archive = `npm-${versions.npm}.tgz`;
    await run("tar", ["-xzf", archive, "--strip-components=1"], options);
    rmSync(join(directory, archive));
  });
  return path;
}

/** The Dockerfile of the Node base image. */
export function nodeDockerfile(npmRegistry: string | undefined): string {
  const registry = npmRegistry === undefined ? [] : [`ENV NPM_CONFIG_REGISTRY=${npmRegistry}`];
  return [
    `FROM ${baseImageNames.debian}`,
    "COPY node /usr/local/bin/node",
    "COPY npm /usr/local/lib/node_modules/npm",
    "RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\",
    " && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \\",
    " && ln -s node /usr/local/bin/nodejs \\",
    " && groupadd --gid 1000 node \\",
    " && useradd --uid 1000 --gid node --shell /bin/bash --create-home node \\",
    " && node --version && npm --version",
    ...registry,
    'CMD ["node"]',
    "",
  ].join("\n");
}

async function ensureNodeImage(progress: Progress, debianKey: string): Promise<void> {
  const binary = nodeBinary();
  const dockerfile = nodeDockerfile(await hostNpmRegistry());
  const node = keyOfFiles({ node: binary });
  const key = contentKey({ recipe: "1", debianKey, node, npm: versions.npm, dockerfile });
  if ((await imageKey(baseImageNames.node)) === key) return;
  await progress.step("images", `making ${baseImageNames.node}`, async () => {
    const npm = await npmFolder();
    const scratch = scratchFolder("node-base");
    try {
      cpSync(binary, join(scratch, "node"));
      chmodSync(join(scratch, "node"), 0o755);
      cpSync(npm, join(scratch, "npm"), { recursive: true });
      writeFileSync(join(scratch, "Dockerfile"), dockerfile);
      await docker(["build", "--label", `${keyLabel}=${key}`, "-t", baseImageNames.node, scratch], {
        timeoutMs: 300_000,
        logFile: logPath("base-image"),
        env: await builderEnv(),
      });
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}
