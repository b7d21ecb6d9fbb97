import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { KINDS } from "./kinds.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}

const templates = new URL("../../../charts/timecoin-operator/templates/", import.meta.url);

/** The rules of the chart: those of its helper, and those of the Role for the lease. */
function chartRules(): Rule[] {
  const names = readFileSync(new URL("_names.tpl", templates), "utf8");
  const shared = /define "timecoin-operator\.rules" -}}\n([\s\S]*?){{- end }}/.exec(names)?.[1];
  const roles = readFileSync(new URL("rbac.yaml", templates), "utf8");
  const lease = /-lease\n[\s\S]*?\nrules:\n([\s\S]*?)\n---/.exec(roles)?.[1];
  return [shared, lease].flatMap(
    (text) => parse((text ?? "").replaceAll(/{{.*?}}/g, "x")) as Rule[],
  );
}

/** `group/plural` of every resource that the chart's rules name, subresources under their object. */
const granted = new Set(
  chartRules().flatMap(({ apiGroups, resources }) =>
    apiGroups.flatMap((group) => resources.map((name) => `${group}/${name.split("/", 1)[0]}`)),
  ),
);

it("lists the kinds that the chart's rules name, no more and no less", () => {
  const kinds = Object.values(KINDS).map(({ group, plural }) => `${group}/${plural}`);
  expect([...granted].toSorted()).toEqual(kinds.toSorted());
});
