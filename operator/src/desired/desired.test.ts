import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { NodeConfigSchema } from "@timecoin/node/config";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { genesisOf, healthyFacts, networkOf } from "../../test/facts-fixture.ts";
import type { Manifest } from "../api/manifest.ts";
import type { NetworkSpecInput } from "../api/network-spec.ts";
import { quorumOf } from "../plan/quorum.ts";
import type { BuildContext } from "./context.ts";
import { memberManifests, networkManifests, workloadOf } from "./desired.ts";
import { genesisConfigMap } from "./genesis-config-map.ts";
import { intentHash, intentOf } from "./intent-hash.ts";
import { keysSecret } from "./keys-secret.ts";
import { CONFIG_KEY, firstPeersOf } from "./member-config.ts";

const golden = new URL("../../test/golden/", import.meta.url);

interface Case {
  readonly metadata: { readonly name: string };
  readonly spec: NetworkSpecInput;
}

/** Every manifest of a network, keys and genesis included, as the first reconcile writes them. */
function manifestsOf({ metadata, spec }: Case): Manifest[] {
  const fields = { name: metadata.name, spec };
  const operator = { namespace: "timecoin-system", clusterDomain: "cluster.local" };
  const context: BuildContext = { network: networkOf(fields), operator };
  const active = spec.validators.replicas;
  const genesis = genesisOf(active);
  const facts = healthyFacts(fields);
  const members = facts.members.map(({ member }) => member);
  const budget = { active, needed: quorumOf(active), readyNotSigning: 0 };
  const ofMembers = facts.members.flatMap(({ member, identity }) => {
    if (identity.state !== "Present") return [];
    const { node, claim } = memberManifests(context, member, "");
    const isFirstStart = member.role === "Validator";
    const { identity: known } = identity;
    const workload = workloadOf(context, { member, identity: known, genesis, isFirstStart });
    const files = member.role === "Validator" ? { validator: "{}", node: "{}" } : { node: "{}" };
    const secret = keysSecret(context, member, { files, identity: identity.identity });
    return [node, secret, claim, workload.config, workload.statefulSet];
  });
  const text = '{"golden": "stands for the genesis"}';
  return [
    ...networkManifests(context, members, budget),
    genesisConfigMap(context, { text, ...genesis }),
    ...ofMembers,
  ];
}

describe("golden manifests", () => {
  it.each(readdirSync(golden))("%s", async (name) => {
    const input = parse(readFileSync(new URL(`${name}/in.yaml`, golden), "utf8")) as Case;
    const manifests = manifestsOf(input);
    const documents = manifests.map((manifest) =>
      stringify(manifest, { aliasDuplicateObjects: false, lineWidth: 0 }),
    );
    await expect(documents.join("---\n")).toMatchFileSnapshot(`../../test/golden/${name}/out.yaml`);
    for (const { data } of manifests) {
      const config = data?.[CONFIG_KEY];
      if (config !== undefined) NodeConfigSchema.parse(parse(config));
    }
  });
});

describe("intents", () => {
  it("hash the same whatever the order of keys", () => {
    expect(intentHash({ a: 1, b: [1, 2] })).toBe(intentHash({ b: [1, 2], a: 1 }));
    expect(intentHash({ a: [1, 2] })).not.toBe(intentHash({ a: [2, 1] }));
    expect(intentHash({ a: undefined, b: 1 })).toBe(intentHash({ b: 1 }));
    const sha256 = createHash("sha256").update('{"a":"ä","b":[1,null]}').digest("hex");
    expect(intentHash({ b: [1, null], a: "ä" })).toBe(sha256);
  });

  it("change with any field of the object", () => {
    const build = (tag: string, isFirstStart = false) => {
      const spec = { image: { repository: "r", tag } };
      const context = {
        network: networkOf({ spec }),
        operator: { namespace: "o", clusterDomain: "cluster.local" },
      };
      const [first] = healthyFacts().members;
      if (first?.identity.state !== "Present") throw new Error("no identity");
      const { identity } = first.identity;
      const { member } = first;
      return workloadOf(context, { member, identity, genesis: genesisOf(4), isFirstStart });
    };
    expect(intentOf(build("1").statefulSet)).not.toBe(intentOf(build("2").statefulSet));
    expect(build("1").templateHash).not.toBe(build("2").templateHash);
    expect(intentOf(build("1").config)).toBe(intentOf(build("2").config));
    // Taking --init away writes the StatefulSet and replaces no pod.
    expect(intentOf(build("1", true).statefulSet)).not.toBe(intentOf(build("1").statefulSet));
    expect(build("1", true).templateHash).toBe(build("1").templateHash);
  });
});

describe("first peers", () => {
  it("are at most eight others, and spread over the validators", () => {
    const genesis = genesisOf(50);
    const dialled = new Map<string, number>();
    for (const { member } of healthyFacts({ spec: { validators: { replicas: 50 } } }).members) {
      const peers = firstPeersOf(genesis, member).map(({ name }) => name);
      expect(peers).toHaveLength(8);
      expect(peers).not.toContain(member.name);
      for (const peer of peers) dialled.set(peer, (dialled.get(peer) ?? 0) + 1);
    }
    expect(dialled.size).toBe(50);
    expect(Math.max(...dialled.values())).toBe(8);
  });

  it("are all others in a small network, none in one of one", () => {
    const [only] = healthyFacts().members;
    if (only === undefined) throw new Error("no member");
    expect(firstPeersOf(genesisOf(4), only.member)).toHaveLength(3);
    expect(firstPeersOf(genesisOf(1), only.member)).toEqual([]);
  });
});
