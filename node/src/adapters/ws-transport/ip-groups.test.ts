import { expect, it } from "vitest";
import { ipGrouping } from "./ip-groups.ts";

it.each([
  ["127.0.0.1", "127.0.0.1", "127.0.0.0/24", "127.0.0.0/16"],
  ["::ffff:10.0.0.7", "10.0.0.7", "10.0.0.0/24", "10.0.0.0/16"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32"],
  ["fe80::1%eth0", "fe80::/64", "fe80::/48", "fe80::/32"],
  [undefined, "", "", ""],
])("%s counts for %s, %s and %s", (text, address, network, group) => {
  expect(ipGrouping()(text)).toMatchObject({ address, network, group, isCluster: false });
});

it("lets each address of the cluster's own ranges stand for itself", () => {
  const groupsOf = ipGrouping(["10.244.0.0/16", "fd00::/8"]);
  const own = { address: "10.244.1.2", network: "10.244.1.2", group: "10.244.1.2" };
  expect(groupsOf("10.244.1.2")).toMatchObject({ ...own, isCluster: true });
  expect(groupsOf("fd00::1")).toMatchObject({ group: "fd00::/64", isCluster: true });
  expect(groupsOf("10.245.1.2")).toMatchObject({ group: "10.245.0.0/16", isCluster: false });
});
