/**
 * The CustomResourceDefinitions, generated from the schemas of this folder. crds/*.yaml are checked
 * in and drift-tested; nobody edits them by hand. Called by operator/generate.ts and by tests.
 */
import { stringify } from "yaml";
import { MAX_NETWORK_NAME, NetworkSpecSchema } from "./network-spec.ts";
import { NetworkStatusSchema } from "./network-status.ts";
import { NodeSpecSchema, NodeStatusSchema } from "./node.ts";
import { type Schema, structuralFaults, structuralSchemaOf } from "./structural-schema.ts";

interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  readonly priority?: number;
}

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: Schema;
  readonly status: Schema;
  readonly rules: readonly { readonly rule: string; readonly message: string }[];
  readonly columns: readonly Column[];
}

const GROUP = "timecoin.dev";
const VERSION = "v1alpha1";

const conditionPath = (type: string) => `.status.conditions[?(@.type=="${type}")].status`;

const age: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

export const DEFINITIONS: readonly Definition[] = [
  {
    kind: "TimeCoinNetwork",
    plural: "timecoinnetworks",
    shortNames: ["tcn"],
    description: "A Byzantine-fault-tolerant chain: its validators, full nodes, keys and genesis.",
    spec: structuralSchemaOf(NetworkSpecSchema),
    status: structuralSchemaOf(NetworkStatusSchema),
    rules: [
      {
        rule: `self.metadata.name.size() <= ${MAX_NETWORK_NAME} && self.metadata.name.matches('^[a-z]([a-z0-9-]*[a-z0-9])?$')`,
        message: `the name must start with a letter and have at most ${MAX_NETWORK_NAME} lowercase letters, digits and dashes`,
      },
    ],
    columns: [
      { name: "Ready", type: "string", jsonPath: conditionPath("Ready") },
      { name: "Quorate", type: "string", jsonPath: conditionPath("Quorate") },
      { name: "Margin", type: "integer", jsonPath: ".status.quorum.margin" },
      { name: "Validators", type: "integer", jsonPath: ".status.validators.ready" },
      { name: "Height", type: "integer", jsonPath: ".status.chain.height" },
      { name: "Version", type: "string", jsonPath: ".status.version.current" },
      age,
    ],
  },
  {
    kind: "TimeCoinNode",
    plural: "timecoinnodes",
    shortNames: ["tcnode"],
    description: "One member of a TimeCoinNetwork. The operator writes it.",
    spec: structuralSchemaOf(NodeSpecSchema),
    status: structuralSchemaOf(NodeStatusSchema),
    rules: [],
    columns: [
      { name: "Role", type: "string", jsonPath: ".spec.role" },
      { name: "Ready", type: "string", jsonPath: conditionPath("Ready") },
      { name: "Signing", type: "string", jsonPath: conditionPath("Signing") },
      { name: "Node", type: "string", jsonPath: ".status.nodeID", priority: 1 },
      age,
    ],
  },
];

/** The CRD object of a definition; throws RangeError where its schema is not structural. */
export function crdOf(definition: Definition): Schema {
  const { kind, plural, shortNames, description, spec, status, rules, columns } = definition;
  const faults = [...structuralFaults(spec, "spec"), ...structuralFaults(status, "status")];
  if (faults.length > 0) throw new RangeError(`${kind}: ${faults.join("; ")}`);
  const schema = {
    type: "object",
    description,
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec,
      status,
    },
    required: ["spec"],
    ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules }),
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

export interface GeneratedFile {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** crds/*.yaml: every CRD as a file of its own. */
export function generateCrds(): GeneratedFile[] {
  return DEFINITIONS.map((definition) => {
    const yaml = stringify(crdOf(definition), { lineWidth: 100, aliasDuplicateObjects: false });
    const head = "# Generated from operator/src/api; do not edit.\n";
    return { path: `crds/${definition.plural}.yaml`, text: `${head}${yaml}` };
  });
}
