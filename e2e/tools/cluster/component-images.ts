// The images of the cluster's own programs, under the names that kubeadm and containerd ask for:
// each a static program alone in an image, kube-proxy and the pause program with what Debian
// brings. Made only where no registry answers, and only to be stored inside the node image.
// Called by node-image.ts.
import { chmodSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run-command.ts";
import { logPath } from "./cache.ts";
import { builderEnv, docker } from "./docker.ts";
import { baseImageNames, versions } from "./versions.ts";

/** Folders with the built programs, by component. */
export interface ComponentFolders {
  readonly kubernetes: string;
  readonly kubectl: string;
  readonly etcd: string;
  readonly coredns: string;
  readonly localPathProvisioner: string;
}

const registry = "registry.k8s.io";
const kubernetesTag = `v${versions.kubernetes}`;
/** The provisioner and its helper exist only inside the node image. */
export const storageImageNames = {
  provisioner: `timecoin.dev/local-path-provisioner:v${versions.localPathProvisioner}`,
  helper: "timecoin.dev/local-path-helper:1",
} as const;

const buildOptions = { timeoutMs: 300_000, logFile: logPath("node-image") };

interface StaticImage {
  readonly program: string;
  readonly folder: keyof ComponentFolders;
  readonly image: string;
}

const staticImages: readonly StaticImage[] = [
  ...["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map((program) => ({
    program,
    folder: "kubernetes" as const,
    image: `${registry}/${program}:${kubernetesTag}`,
  })),
  { program: "etcd", folder: "etcd", image: `${registry}/etcd:${versions.etcdImageTag}` },
  {
    program: "coredns",
    folder: "coredns",
    image: `${registry}/coredns/coredns:v${versions.coredns}`,
  },
  {
    program: "local-path-provisioner",
    folder: "localPathProvisioner",
    image: storageImageNames.provisioner,
  },
];

/** Makes every image and returns their names. `scratch` is an empty folder of the caller. */
export async function makeComponentImages(
  folders: ComponentFolders,
  scratch: string,
): Promise<string[]> {
  const made: string[] = [];
  for (const { program, folder, image } of staticImages) {
    await importProgram({ program, path: join(folders[folder], program), image, scratch });
    made.push(image);
  }
  made.push(await makeProxyImage(join(folders.kubernetes, "kube-proxy"), join(scratch, "proxy")));
  made.push(...(await makePauseImages(join(scratch, "pause"))));
  await docker(["tag", baseImageNames.debian, storageImageNames.helper], buildOptions);
  return [...made, storageImageNames.helper];
}

interface ProgramImage {
  readonly program: string;
  readonly path: string;
  readonly image: string;
  readonly scratch: string;
}

/** An image that holds one static program and an empty /tmp. */
async function importProgram({ program, path, image, scratch }: ProgramImage): Promise<void> {
  const root = join(scratch, `${program}-root`);
  const tar = join(scratch, `${program}.tar`);
  mkdirSync(join(root, "usr/local/bin"), { recursive: true });
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
  linkSync(path, join(root, "usr/local/bin", program));
  await run("tar", ["-C", root, "--owner=0", "--group=0", "-cf", tar, "."], buildOptions);
  const changes = ["ENV PATH=/usr/local/bin", `ENTRYPOINT ["/usr/local/bin/${program}"]`];
  const flags = changes.flatMap((change) => ["--change", change]);
  await docker(["import", ...flags, tar, image], buildOptions);
  rmSync(tar);
}

async function makeProxyImage(program: string, scratch: string): Promise<string> {
  const image = `${registry}/kube-proxy:${kubernetesTag}`;
  mkdirSync(scratch);
  linkSync(program, join(scratch, "kube-proxy"));
  await buildImage(image, scratch, [
    `FROM ${baseImageNames.debian}`,
    "RUN apt-get update && apt-get install -y --no-install-recommends \\",
    "      iptables nftables conntrack kmod \\",
    " && apt-get clean && rm -rf /var/lib/apt/lists/*",
    "COPY kube-proxy /usr/local/bin/kube-proxy",
    'ENTRYPOINT ["/usr/local/bin/kube-proxy"]',
  ]);
  return image;
}

/** Pod sandboxes run catatonit's pause mode: static, small, reaps orphans, obeys SIGTERM. */
async function makePauseImages(scratch: string): Promise<string[]> {
  const images = versions.pauseImageTags.map((tag) => `${registry}/pause:${tag}`);
  mkdirSync(scratch);
  const [first = ""] = images;
  await buildImage(first, scratch, [
    `FROM ${baseImageNames.debian} AS packages`,
    "RUN apt-get update && apt-get install -y --no-install-recommends catatonit",
    "FROM scratch",
    "COPY --from=packages /usr/bin/catatonit /pause",
    'ENTRYPOINT ["/pause", "-P"]',
  ]);
  for (const image of images) await docker(["tag", first, image], buildOptions);
  return images;
}

/** Builds a Dockerfile in `folder`; packages are fetched over the machine's own network. */
export async function buildImage(
  image: string,
  folder: string,
  dockerfile: readonly string[],
): Promise<void> {
  writeFileSync(join(folder, "Dockerfile"), `${dockerfile.join("\n")}\n`);
  await docker(["build", "--network", "host", "-t", image, folder], {
    ...buildOptions,
    timeoutMs: 600_000,
    env: await builderEnv(),
  });
}
