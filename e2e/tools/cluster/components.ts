// The programs of the cluster as Go builds from the module proxy: each pinned, each built once
// and kept below the cache by the key of its recipe. The server programs are only built where no
// image registry answers; kind, kubectl and helm are taken from PATH where the version fits.
// Called by cluster.ts (tools) and node-image.ts (server programs).
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../progress.ts";
import { cachedFolder } from "./cache.ts";
import { contentKey } from "./content-key.ts";
import { runGo } from "./go-toolchain.ts";
import { versions } from "./versions.ts";

/** How one component is built: the module, and per program the package that makes it. */
export interface Component {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  readonly programs: Readonly<Record<string, string>>;
  readonly ldflags?: readonly string[];
  /** Kubernetes names its own parts at v0.0.0, to be replaced by their released versions. */
  readonly stagingVersion?: string;
  readonly timeoutMs: number;
  /** How long a first build takes on two cores; shown while it runs. */
  readonly about: string;
}

const [kubernetesMajor = "", kubernetesMinor = ""] = versions.kubernetes.split(".");

const kubernetesBuild = {
  module: "k8s.io/kubernetes",
  version: versions.kubernetes,
  stagingVersion: `v0.${kubernetesMinor}.${versions.kubernetes.split(".")[2] ?? ""}`,
  ldflags: ["component-base/version", "client-go/pkg/version"].flatMap((part) => [
    `-X k8s.io/${part}.gitVersion=v${versions.kubernetes}`,
    `-X k8s.io/${part}.gitMajor=${kubernetesMajor}`,
    `-X k8s.io/${part}.gitMinor=${kubernetesMinor}`,
  ]),
  timeoutMs: 1_500_000,
  about: "5 minutes",
};

const command = (name: string): [string, string] => [name, `k8s.io/kubernetes/cmd/${name}`];

export const components = {
  kubernetes: {
    ...kubernetesBuild,
    name: "kubernetes",
    programs: Object.fromEntries(
      [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kube-proxy",
        "kubelet",
        "kubeadm",
      ].map(command),
    ),
  },
  kubectl: {
    ...kubernetesBuild,
    name: "kubectl",
    about: "60 s",
    programs: Object.fromEntries([command("kubectl")]),
  },
  etcd: {
    name: "etcd",
    module: "go.etcd.io/etcd/server/v3",
    version: versions.etcd,
    programs: { etcd: "go.etcd.io/etcd/server/v3" },
    timeoutMs: 600_000,
    about: "30 s",
  },
  coredns: {
    name: "coredns",
    module: "github.com/coredns/coredns",
    version: versions.coredns,
    programs: { coredns: "github.com/coredns/coredns" },
    timeoutMs: 900_000,
    about: "90 s",
  },
  kind: {
    name: "kind",
    module: "sigs.k8s.io/kind",
    version: versions.kind,
    programs: { kind: "sigs.k8s.io/kind" },
    timeoutMs: 600_000,
    about: "20 s",
  },
  localPathProvisioner: {
    name: "local-path-provisioner",
    module: "github.com/rancher/local-path-provisioner",
    version: versions.localPathProvisioner,
    programs: { "local-path-provisioner": "github.com/rancher/local-path-provisioner" },
    timeoutMs: 900_000,
    about: "60 s",
  },
  helm: {
    name: "helm",
    module: "helm.sh/helm/v3",
    version: versions.helm,
    programs: { helm: "helm.sh/helm/v3/cmd/helm" },
    timeoutMs: 900_000,
    about: "70 s",
  },
} as const satisfies Record<string, Component>;

/** The folder with the component's programs, built where it is missing. Errors: CLUSTER_GO_*. */
export async function ensureComponent(progress: Progress, component: Component): Promise<string> {
  const { timeoutMs: _timeoutMs, about, ...recipe } = component;
  const key = contentKey({
    recipe: JSON.stringify(recipe),
    arch: process.arch,
    os: process.platform,
  });
  const name = `${component.name}-${component.version}-${key}`;
  const { path } = await cachedFolder("components", name, async (directory) => {
    const what = `building ${component.name} ${component.version}, once, about ${about}`;
    await progress.step("components", what, async () => await build(component, directory));
  });
  return path;
}

async function build(component: Component, directory: string): Promise<void> {
  const source = join(directory, "source");
  mkdirSync(source);
  const common = { cwd: source, timeoutMs: component.timeoutMs, log: component.name };
  const version = `v${component.version}`;
  writeFileSync(join(source, "go.mod"), "module timecoin.dev/component\n\ngo 1.24.0\n");
  const replaced = component.stagingVersion === undefined ? [] : await stagingModules(component);
  writeFileSync(
    join(source, "go.mod"),
    goModOf(component.module, version, replaced, component.stagingVersion),
  );
  // -mod=mod completes go.mod and go.sum from the module graph, checked against the sum database.
  const ldflags = ["-s", "-w", ...(component.ldflags ?? [])].join(" ");
  for (const [program, path] of groupByFolder(component.programs)) {
    const args = [
      "build",
      "-mod=mod",
      "-trimpath",
      "-ldflags",
      ldflags,
      "-o",
      join(directory, program),
    ];
    await runGo({ ...common, args: [...args, ...path] });
  }
}

/** One `go build` for all programs that are named like their package, one for each other. */
function groupByFolder(programs: Readonly<Record<string, string>>): [string, string[]][] {
  const together: string[] = [];
  const alone: [string, string[]][] = [];
  for (const [program, path] of Object.entries(programs)) {
    if (path.endsWith(`/${program}`)) together.push(path);
    else alone.push([program, [path]]);
  }
  return together.length === 0 ? alone : [["", together], ...alone];
}

/** The modules that a go.mod requires at v0.0.0. */
export function placeholderModules(goMod: string): string[] {
  return [...goMod.matchAll(/^\s*(?:require\s+)?(\S+) v0\.0\.0(?:\s|$)/gm)].map(
    (match) => match[1] ?? "",
  );
}

async function stagingModules(component: Component): Promise<string[]> {
  const { GoMod } = await downloadModule(component);
  return placeholderModules(readFileSync(GoMod, "utf8"));
}

/** A go.mod that requires one module, with released versions for its placeholders. */
export function goModOf(
  module: string,
  version: string,
  replaced: readonly string[],
  replacedVersion: string | undefined,
): string {
  return [
    "module timecoin.dev/component",
    "",
    "go 1.24.0",
    "",
    `require ${module} ${version}`,
    "",
    ...replaced.map((name) => `replace ${name} => ${name} ${replacedVersion ?? ""}`),
    "",
  ].join("\n");
}

async function downloadModule(component: Component): Promise<{ Dir: string; GoMod: string }> {
  const { path } = await cachedFolder("components", "empty-module", async (directory) => {
    writeFileSync(join(directory, "go.mod"), "module timecoin.dev/empty\n\ngo 1.24.0\n");
    await Promise.resolve();
  });
  const result = await runGo({
    cwd: path,
    timeoutMs: 300_000,
    log: component.name,
    args: ["mod", "download", "-json", `${component.module}@v${component.version}`],
  });
  return JSON.parse(result.stdout) as { Dir: string; GoMod: string };
}

/** The files that kind's own node image is made of, out of kind's module. */
export async function ensureKindFiles(progress: Progress): Promise<string> {
  const { path } = await cachedFolder("components", `kind-files-${versions.kind}`, async (to) => {
    await progress.step(
      "components",
      `fetching the node files of kind ${versions.kind}`,
      async () => {
        const { Dir } = await downloadModule(components.kind);
        cpSync(join(Dir, "images/base/files"), to, { recursive: true });
      },
    );
  });
  return path;
}
