import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadKubeConfig } from "./kubeconfig.ts";

const FILE = `apiVersion: v1
kind: Config
current-context: one
clusters:
- {name: a, cluster: {server: "https://a.test:6443"}}
- {name: b, cluster: {server: "https://b.test:6443"}}
users:
- {name: u, user: {token: t}}
contexts:
- {name: one, context: {cluster: a, user: u}}
- {name: two, context: {cluster: b, user: u}}
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("loadKubeConfig", () => {
  it("takes the file's current context, or the one named", async () => {
    const path = join(folder, "config");
    await writeFile(path, FILE);
    expect(loadKubeConfig({ path }).getCurrentCluster()?.server).toBe("https://a.test:6443");
    const named = loadKubeConfig({ path, context: "two" });
    expect(named.getCurrentCluster()?.server).toBe("https://b.test:6443");
  });

  it("says which context or file is missing", async () => {
    const path = join(folder, "config");
    expect(() => loadKubeConfig({ path })).toThrow(`cannot load the kubeconfig ${path}`);
    await writeFile(path, FILE);
    expect(() => loadKubeConfig({ path, context: "three" })).toThrow("no context named three");
  });
});
