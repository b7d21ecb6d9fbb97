// A spec that cannot work is refused by the API server itself, with a message that names the field.

import { describe, expect, it } from "vitest";
import { smallNetwork, useCluster } from "./setup.ts";

/** An address of a testnet, where Mainnet wants TIME1. */
const TESTNET_COINS = [{ address: `TIME0${"1".repeat(33)}`, amount: "1" }];

describe("an invalid spec", () => {
  const fixture = useCluster("admission");

  const refusal = async (changes: object, name = "bad"): Promise<string> => {
    const { kube, product } = fixture();
    const input = JSON.stringify(smallNetwork(name, product, changes));
    const args = ["apply", "--server-side", "--validate=strict", "--dry-run=server", "-f", "-"];
    const { exitCode, stderr } = await kube.run(args, { input, allowFailure: true });
    expect(exitCode).not.toBe(0);
    return stderr;
  };

  it("is accepted where it is good", async () => {
    const { kube, product } = fixture();
    const input = JSON.stringify(smallNetwork("good", product));
    await kube.run(["apply", "--server-side", "--validate=strict", "--dry-run=server", "-f", "-"], {
      input,
    });
  });

  it.each([
    ["fewer than four validators", { validators: { replicas: 3 } }, "spec.validators"],
    ["an unknown profile", { chain: { id: "x", profile: "Sandbox" } }, "spec.chain.profile"],
    ["a bad chain id", { chain: { id: "No Spaces", profile: "Devnet" } }, "spec.chain.id"],
    ["a bad quantity", { template: { storage: { size: "lots" } } }, "spec.template.storage.size"],
    ["an unknown field", { validatorz: 4 }, "validatorz"],
    [
      "a testnet address on Mainnet",
      {
        chain: { id: "x", profile: "Mainnet", genesis: { create: { allocations: TESTNET_COINS } } },
      },
      "spec.chain.genesis",
    ],
  ])("is refused for %s", async (_, changes, field) => {
    expect(await refusal(changes)).toContain(field);
  });

  it("is refused for a name that leaves no room for its members'", async () => {
    expect(await refusal({}, "a-name-that-is-much-too-long-for-this")).toMatch(/name/);
  });

  it("cannot become another chain", async () => {
    const { kube, product } = fixture();
    await kube.apply(smallNetwork("fixed", product, { operatorClass: "nobody" }));
    const changed = smallNetwork("fixed", product, {
      operatorClass: "nobody",
      chain: { id: "other", profile: "Devnet" },
    });
    const { exitCode, stderr } = await kube.run(["apply", "--server-side", "-f", "-"], {
      input: JSON.stringify(changed),
      allowFailure: true,
    });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("spec.chain");
  });
});
