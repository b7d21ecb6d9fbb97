import { Agent } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { kubeEndpoint } from "./endpoint.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function configOf(server: {
  readonly ca: string;
  readonly token: string;
  readonly proxyUrl?: string;
}): KubeConfig {
  const { ca, token, proxyUrl } = server;
  const config = new KubeConfig();
  const cluster = {
    name: "c",
    server: "https://api.test:6443/prefix",
    caData: base64(ca),
    skipTLSVerify: false,
  };
  config.loadFromClusterAndUser(proxyUrl === undefined ? cluster : { ...cluster, proxyUrl }, {
    name: "u",
    token,
  });
  return config;
}

describe("kubeEndpoint", () => {
  it("keeps one keep-alive agent for as long as the TLS material stays the same", async () => {
    const endpoint = kubeEndpoint(configOf({ ca: "first", token: "t" }));
    const [one, two] = [await endpoint.requestOptions(), await endpoint.requestOptions()];
    expect(one.agent).toBeInstanceOf(Agent);
    expect(two.agent).toBe(one.agent);
    expect(one.agent).toMatchObject({ keepAlive: true });
    expect(endpoint.server.href).toBe("https://api.test:6443/prefix");
  });

  it("starts a new agent once the material is rotated", async () => {
    const config = configOf({ ca: "first", token: "t" });
    const endpoint = kubeEndpoint(config);
    const before = (await endpoint.requestOptions()).agent;
    config.clusters = configOf({ ca: "second", token: "t" }).clusters;
    const after = (await endpoint.requestOptions()).agent;
    expect(after).not.toBe(before);
  });

  it("sends the token without the newline its file may end in", async () => {
    const { headers } = await kubeEndpoint(
      configOf({ ca: "x", token: "secret\n" }),
    ).requestOptions();
    expect(headers["Authorization"]).toBe("Bearer secret");
  });

  it("leaves a proxy's agent alone", async () => {
    const proxied = kubeEndpoint(
      configOf({ ca: "x", token: "t", proxyUrl: "http://proxy.test:3128" }),
    );
    expect((await proxied.requestOptions()).agent?.constructor.name).toBe("HttpsProxyAgent");
  });

  it("refuses a kubeconfig without a cluster", () => {
    expect(() => kubeEndpoint(new KubeConfig())).toThrow("no current cluster");
  });
});
