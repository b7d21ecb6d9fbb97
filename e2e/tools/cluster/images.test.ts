// The pure parts of image making: Dockerfiles, names, inputs, the storage manifest.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { aptSources, nodeDockerfile as nodeBaseDockerfile } from "./base-images.ts";
import { baseNames, inputFiles } from "./build-image.ts";
import { fullImageName } from "./load-image.ts";
import { nodeDockerfile } from "./node-image.ts";
import { storageManifest } from "./storage-manifest.ts";

describe("names", () => {
  it.each([
    ["a", "docker.io/library/a:latest"],
    ["a:1", "docker.io/library/a:1"],
    ["timecoin/node:dev", "docker.io/timecoin/node:dev"],
    ["timecoin.dev/x:1", "timecoin.dev/x:1"],
    ["localhost:5000/x", "localhost:5000/x:latest"],
    ["localhost/x:2", "localhost/x:2"],
  ])("%s is %s to containerd", (image, name) => {
    expect(fullImageName(image)).toBe(name);
  });

  it("finds the bases of a Dockerfile, not its own stages", () => {
    const dockerfile = [
      "FROM --platform=linux/amd64 node:24-trixie-slim AS build",
      "RUN x",
      "from build as test",
      "FROM node:24-trixie-slim",
      "FROM scratch",
    ].join("\n");
    expect(baseNames(dockerfile)).toEqual(["node:24-trixie-slim"]);
  });
});

describe("inputFiles", () => {
  it("lists stated inputs only, without what is built or installed", () => {
    const root = mkdtempSync(join(tmpdir(), "inputs-"));
    try {
      for (const path of [
        "Dockerfile",
        "src/b.ts",
        "src/a.ts",
        "src/dist/x.js",
        "src/node_modules/y",
        "other",
      ]) {
        mkdirSync(join(root, path, ".."), { recursive: true });
        writeFileSync(join(root, path), "");
      }
      expect(inputFiles(root, ["src", "Dockerfile", "src/a.ts"])).toEqual([
        "Dockerfile",
        "src/a.ts",
        "src/b.ts",
      ]);
      expect(() => inputFiles(root, ["missing"])).toThrow(/CLUSTER_IMAGE_INPUT/);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe("Dockerfiles", () => {
  it("set npm's registry only where the machine has its own", () => {
    expect(nodeBaseDockerfile(undefined)).not.toContain("REGISTRY");
    expect(nodeBaseDockerfile("https://r.test/")).toContain(
      "ENV NPM_CONFIG_REGISTRY=https://r.test/",
    );
  });

  it("take the capability out of a node only where the machine lacks it", () => {
    expect(nodeDockerfile(false).join("\n")).not.toMatch(/CAP_SYS_RESOURCE|oom_score_adj/);
    expect(nodeDockerfile(true).join("\n")).toMatch(/CAP_SYS_RESOURCE[^]*oom_score_adj = true/);
  });

  it("name the suite's updates and security sources", () => {
    const mirrors = { debian: "http://m.test/debian", security: "http://m.test/debian-security" };
    expect(aptSources("trixie", mirrors)).toBe(
      "deb http://m.test/debian trixie main\n" +
        "deb http://m.test/debian trixie-updates main\n" +
        "deb http://m.test/debian-security trixie-security main\n",
    );
  });
});

describe("storageManifest", () => {
  const documents = parseAllDocuments(storageManifest({ provisioner: "p:1", helper: "h:1" })).map(
    (document) => document.toJS() as { kind: string; metadata: Record<string, unknown> },
  );

  it("is a namespace, its rights, its settings, the provisioner and the default class", () => {
    expect(documents.map(({ kind }) => kind)).toEqual([
      "Namespace",
      "ServiceAccount",
      "ClusterRole",
      "ClusterRoleBinding",
      "ConfigMap",
      "Deployment",
      "StorageClass",
    ]);
    expect(documents.at(-1)).toMatchObject({
      metadata: {
        name: "standard",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      volumeBindingMode: "WaitForFirstConsumer",
    });
  });

  it("makes folders that pods without root can write", () => {
    expect(documents[4]).toHaveProperty("data.setup", expect.stringContaining("mkdir -m 0777 -p"));
  });
});
