// The kind node image from packages: Debian with systemd, containerd and the CNI plugins, kind's
// own node files, the built Kubernetes programs, and every image of the cluster stored inside, so
// that a node starts without any registry. Named by its content key, so it is made once.
// It carries no CNI configuration: that differs by node and is written after creation.
// Called by cluster.ts where no registry answers.
import { cpSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Progress } from "../progress.ts";
import { logPath, scratchFolder } from "./cache.ts";
import { lacksSysResource } from "./capability.ts";
import {
  buildImage,
  type ComponentFolders,
  makeComponentImages,
  storageImageNames,
} from "./component-images.ts";
import { components, ensureComponent, ensureKindFiles } from "./components.ts";
import { contentKey } from "./content-key.ts";
import { docker, imageId, imageKey } from "./docker.ts";
import { storageManifest } from "./storage-manifest.ts";
import { baseImageNames, versions } from "./versions.ts";

const repository = "timecoin-kind-node";
const options = { timeoutMs: 300_000, logFile: logPath("node-image") };
const importTimeoutMs = 30_000;

const packages = [
  "systemd conntrack iptables nftables iproute2 ethtool util-linux mount kmod",
  "libseccomp2 pigz e2fsprogs bash ca-certificates curl jq procps",
  "containerd runc containernetworking-plugins",
].join(" ");

/** The Dockerfile of a node. kind's base image does the same clean-up of systemd's units. */
export function nodeDockerfile(withoutSysResource: boolean): string[] {
  const dropped = withoutSysResource
    ? ' | .process.capabilities |= map_values(map(select(. != "CAP_SYS_RESOURCE")))'
    : "";
  const hook = '.hooks.createContainer += [{"path": "/kind/bin/mount-product-files.sh"}]';
  return [
    `FROM ${baseImageNames.debian}`,
    "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \\",
    `      --no-install-recommends ${packages} \\`,
    " && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/* /usr/share/doc/* /usr/share/man/*",
    // After the packages: they bring configuration files with the same names.
    "COPY files/ /",
    "COPY bin/ /usr/bin/",
    // A Go module's archive does not keep the bits that make scripts executable.
    "RUN chmod 0755 /usr/local/bin/* /kind/bin/* \\",
    " && find /lib/systemd/system/sysinit.target.wants/ -name systemd-tmpfiles-setup.service -delete \\",
    " && rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \\",
    "      /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/basic.target.wants/* \\",
    "      /lib/systemd/system/sockets.target.wants/*udev* \\",
    "      /lib/systemd/system/sockets.target.wants/*initctl* \\",
    " && mkdir -p /etc/systemd /etc/kubernetes/manifests /opt/cni /etc/cni/net.d \\",
    " && printf '[Journal]\\nReadKMsg=no\\n' > /etc/systemd/journald.conf \\",
    " && ln -sf /usr/lib/systemd/systemd /sbin/init \\",
    " && ln -sf /usr/bin/containerd /usr/local/bin/containerd \\",
    " && rm -rf /opt/cni/bin && ln -s /usr/lib/cni /opt/cni/bin && rm -f /etc/cni/net.d/* \\",
    " && systemctl enable kubelet.service containerd.service undo-mount-hacks.service \\",
    " && systemctl mask systemd-binfmt.service \\",
    ` && ctr oci spec | jq '${hook} | del(.process.rlimits)${dropped}' > /etc/containerd/cri-base.json \\`,
    ...(withoutSysResource
      ? [
          " && sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' /etc/containerd/config.toml \\",
        ]
      : []),
    ` && echo v${versions.kubernetes} > /kind/version`,
    "ENV container=docker",
    "STOPSIGNAL SIGRTMIN+3",
    'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]',
  ];
}

/** The name of the node image, made where it is missing. Errors: CLUSTER_GO_*, RUN_*. */
export async function ensureNodeImage(progress: Progress): Promise<string> {
  const kindFiles = await ensureKindFiles(progress);
  const folders: ComponentFolders = {
    kubernetes: await ensureComponent(progress, components.kubernetes),
    kubectl: await ensureComponent(progress, components.kubectl),
    etcd: await ensureComponent(progress, components.etcd),
    coredns: await ensureComponent(progress, components.coredns),
    localPathProvisioner: await ensureComponent(progress, components.localPathProvisioner),
  };
  const dockerfile = nodeDockerfile(lacksSysResource());
  const manifest = storageManifest(storageImageNames);
  const key = contentKey({
    recipe: "1",
    base: (await imageKey(baseImageNames.debian)) ?? "",
    components: [kindFiles, ...Object.values(folders)].map((path) => basename(path)),
    dockerfile,
    manifest,
  });
  const image = `${repository}:${key}`;
  if ((await imageId(image)) !== undefined) return image;
  await progress.step("images", "making the kind node image", async () => {
    const scratch = scratchFolder("node-image");
    try {
      await buildNode({ scratch, kindFiles, folders, dockerfile, manifest, image });
      await removeOutdated(image);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
  return image;
}

/** Node images of earlier keys; one that a cluster still uses refuses to go. */
async function removeOutdated(current: string): Promise<void> {
  const format = ["--format", "{{.Repository}}:{{.Tag}}"];
  const listed = await docker(["images", repository, ...format], options);
  const outdated = listed.stdout.split("\n").filter((name) => name !== "" && name !== current);
  if (outdated.length === 0) return;
  await docker(["image", "rm", ...outdated], { ...options, allowFailure: true });
}

interface NodeBuild {
  readonly scratch: string;
  readonly kindFiles: string;
  readonly folders: ComponentFolders;
  readonly dockerfile: readonly string[];
  readonly manifest: string;
  readonly image: string;
}

async function buildNode(build: NodeBuild): Promise<void> {
  const { scratch, folders } = build;
  const images = await makeComponentImages(folders, scratch);
  const context = join(scratch, "node");
  cpSync(build.kindFiles, join(context, "files"), { recursive: true });
  mkdirSync(join(context, "files/kind/manifests"));
  writeFileSync(join(context, "files/kind/manifests/default-storage.yaml"), build.manifest);
  mkdirSync(join(context, "bin"));
  for (const program of ["kubeadm", "kubelet"]) {
    linkSync(join(folders.kubernetes, program), join(context, "bin", program));
  }
  linkSync(join(folders.kubectl, "kubectl"), join(context, "bin", "kubectl"));
  const empty = `${repository}:empty`;
  await buildImage(empty, context, build.dockerfile);
  const archive = join(scratch, "images.tar");
  await docker(["save", "-o", archive, ...images], options);
  await storeImages(empty, archive, build.image);
  await docker(["image", "rm", empty, ...images], { ...options, allowFailure: true });
}

/** Starts a container of the image, lets its containerd import the archive, and commits it. */
async function storeImages(from: string, archive: string, to: string): Promise<void> {
  const started = await docker(
    ["run", "-d", "--privileged", "--entrypoint", "/usr/local/bin/containerd", from],
    options,
  );
  const container = started.stdout.trim();
  const exec = ["exec", "-i", container, "ctr", "-n", "k8s.io"];
  try {
    const deadlineMs = performance.now() + importTimeoutMs;
    while (performance.now() < deadlineMs) {
      const answer = await docker([...exec, "version"], { ...options, allowFailure: true });
      if (answer.exitCode === 0) break;
      await delay(200);
    }
    await docker([...exec, "images", "import", "--no-unpack", "-"], {
      ...options,
      inputFile: archive,
    });
    await docker(["kill", "--signal", "TERM", container], options);
    await docker(["wait", container], options);
    const entrypoint = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]';
    await docker(["commit", "--change", entrypoint, container, to], options);
  } finally {
    await docker(["rm", "-f", "-v", container], { ...options, allowFailure: true });
  }
}
