// The script that a node runs: whole, as a reviewer reads it.
import { describe, expect, it } from "vitest";
import { InvalidNodeFacts, type NodeFacts } from "./node-facts.ts";
import { cniConflist, nodeNetworkScript } from "./pod-network.ts";

const node = (name: string, last: number): NodeFacts => ({
  name,
  address: `172.18.0.${last}`,
  podCidr: `10.244.${last}.0/23`,
  isReady: false,
});

describe("nodeNetworkScript", () => {
  it("routes to the other nodes, masquerades once, and writes the node's own subnet", () => {
    const [a, b, c] = [node("a", 2), node("b", 4), node("c", 6)];
    expect(nodeNetworkScript(b, [a, b, c]).split("\n").slice(0, 4)).toEqual([
      "set -eu",
      "ip route replace 10.244.2.0/23 via 172.18.0.2",
      "ip route replace 10.244.6.0/23 via 172.18.0.6",
      "iptables -w -t nat -C POSTROUTING -s 10.244.4.0/23 ! -d 10.244.0.0/16 -j MASQUERADE 2>/dev/null || iptables -w -t nat -A POSTROUTING -s 10.244.4.0/23 ! -d 10.244.0.0/16 -j MASQUERADE",
    ]);
    expect(nodeNetworkScript(b, [a, b, c])).toContain(cniConflist("10.244.4.0/23"));
  });

  it.each([
    { address: "172.18.0.2; reboot" },
    { address: "" },
    { podCidr: "10.244.0.0/16\nreboot" },
    { podCidr: "$(reboot)" },
    { podCidr: "10.244.0.0" },
  ])("refuses facts that are no addresses: %j", (change) => {
    const bad = { ...node("a", 2), ...change };
    expect(() => nodeNetworkScript(node("b", 4), [bad, node("b", 4)])).toThrow(InvalidNodeFacts);
  });
});

describe("cniConflist", () => {
  it("is a point-to-point link out of the node's subnet, with host ports", () => {
    expect(JSON.parse(cniConflist("10.244.4.0/23"))).toEqual({
      cniVersion: "0.4.0",
      name: "timecoin",
      plugins: [
        {
          type: "ptp",
          ipMasq: false,
          mtu: 1500,
          ipam: {
            type: "host-local",
            dataDir: "/run/cni-ipam-state",
            ranges: [[{ subnet: "10.244.4.0/23" }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
        { type: "portmap", capabilities: { portMappings: true } },
      ],
    });
  });
});
