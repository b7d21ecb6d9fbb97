/**
 * The spec of a TimeCoinNetwork: types, defaults, bounds and CEL rules in one place. The CRD, the
 * chart's schema and the reference page are generated from it. A field stands here only once the
 * operator acts on it; the API server prunes and reports all others. Not strict objects, so that an
 * object stored by a newer version still parses after a downgrade.
 */
import { z } from "zod";
import { BYTES_PATTERN, CPU_PATTERN, DURATION_PATTERN } from "./quantity.ts";

/** Names of groups have no dash, so that "<network>-<group>-<number>" reads back in one way only. */
const GROUP_NAME = /^[a-z][a-z0-9]{0,11}$/;
export const VALIDATOR_GROUP = "val";
export const MAX_NETWORK_NAME = 24;

const rules = (...list: readonly { rule: string; message: string; fieldPath?: string }[]) => ({
  "x-kubernetes-validations": list,
});

const mapByName = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] };

const duration = (minimum: string, maximum: string) =>
  z
    .string()
    .max(10)
    .regex(DURATION_PATTERN)
    .meta(
      rules({
        rule: `duration(self) >= duration('${minimum}') && duration(self) <= duration('${maximum}')`,
        message: `must be between ${minimum} and ${maximum}`,
      }),
    );

const ImageSchema = z.object({
  repository: z
    .string()
    .max(255)
    .regex(/^[a-z0-9]([a-zA-Z0-9._:/-]*[a-z0-9])?$/)
    .describe("Image of the node without its tag"),
  tag: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/)
    .describe("Tag; a change rolls all members, one at a time"),
  pullPolicy: z.enum(["IfNotPresent", "Always", "Never"]).default("IfNotPresent"),
  pullSecrets: z
    .array(z.object({ name: z.string().min(1).max(253) }))
    .max(8)
    .default([])
    .describe("Secrets with registry credentials")
    .meta(mapByName),
});

const AllocationSchema = z.object({
  address: z
    .string()
    .max(38)
    .regex(/^TIME[01][1-9A-HJ-NP-Za-km-z]{33}$/)
    .describe("Who owns the coins: TIME0... on testnets and devnets, TIME1... on mainnet"),
  amount: z
    .string()
    .max(21)
    .regex(/^(0|[1-9][0-9]{0,11})(\.[0-9]{1,8})?$/)
    .describe("TIME as a decimal, at most 8 digits after the point"),
});

const GenesisCreateSchema = z
  .object({
    blockInterval: duration("1ms", "1h")
      .optional()
      .describe("Least time between blocks while transactions wait; by network size if absent"),
    emptyBlockInterval: duration("100ms", "1h")
      .default("1s")
      .describe("Time between blocks while no transaction waits"),
    allocations: z
      .array(AllocationSchema)
      .max(256)
      .default([])
      .describe("The first coins")
      .meta({ "x-kubernetes-list-type": "atomic" }),
  })
  .meta(
    rules({
      rule: "!has(self.blockInterval) || duration(self.blockInterval) <= duration(self.emptyBlockInterval)",
      message: "blockInterval is above emptyBlockInterval",
    }),
  );

const CHAIN_RULES = rules(
  { rule: "self == oldSelf", message: "chain is immutable: a different chain is another network" },
  {
    rule: "self.genesis.create.allocations.all(a, a.address.startsWith(self.profile == 'Mainnet' ? 'TIME1' : 'TIME0'))",
    message: "addresses start with TIME1 on Mainnet and with TIME0 elsewhere",
    fieldPath: ".genesis",
  },
);

const ChainSchema = z
  .object({
    id: z
      .string()
      .max(48)
      .regex(/^[a-z0-9][a-z0-9-]*$/)
      .describe("Chain id; every signature is bound to it through the genesis hash"),
    profile: z.enum(["Mainnet", "Testnet", "Devnet"]).describe("Kind of network"),
    genesis: z
      .object({ create: GenesisCreateSchema.prefault({}).describe("Make a new genesis") })
      .prefault({})
      .describe("Where the genesis comes from"),
  })
  .describe("What the members must agree on; immutable")
  .meta(CHAIN_RULES);

const ValidatorsSchema = z
  .object({
    replicas: z
      .int()
      .min(1)
      .max(100)
      .describe("Number of validators; fixed once the genesis exists (condition ScaleRefused)"),
    allowNoFaultTolerance: z
      .boolean()
      .default(false)
      .describe("Accept fewer than 4 validators: any one that stops then stops the chain"),
    keys: z
      .object({
        deletionPolicy: z
          .enum(["Retain", "Delete"])
          .default("Retain")
          .describe("What becomes of the key Secrets when the network is deleted"),
      })
      .prefault({})
      .meta(
        rules({
          rule: "self == oldSelf",
          message: "keys is immutable: Secrets are never rewritten",
        }),
      ),
  })
  .meta(
    rules({
      rule: "self.replicas >= 4 || self.allowNoFaultTolerance",
      message:
        "fewer than 4 validators tolerate no fault: set allowNoFaultTolerance to accept that",
    }),
  );

const FullNodeGroupSchema = z.object({
  name: z
    .string()
    .max(12)
    .regex(GROUP_NAME)
    .describe("Name of the group; its members are <name>-0, <name>-1, ...")
    .meta(
      rules({
        rule: `self != '${VALIDATOR_GROUP}'`,
        message: `"${VALIDATOR_GROUP}" is the validators' group`,
      }),
    ),
  replicas: z.int().min(0).max(50).describe("Number of full nodes: they follow and serve, no vote"),
});

const RequestsSchema = z.object({
  cpu: z.string().max(7).regex(CPU_PATTERN).default("100m"),
  memory: z.string().max(15).regex(BYTES_PATTERN).default("128Mi"),
});

const LimitsSchema = z.object({
  cpu: z.string().max(7).regex(CPU_PATTERN).optional(),
  memory: z
    .string()
    .max(15)
    .regex(BYTES_PATTERN)
    .default("512Mi")
    .describe("The node's heap is held to 70 % of it"),
});

const TemplateSchema = z.object({
  resources: z
    .object({ requests: RequestsSchema.prefault({}), limits: LimitsSchema.prefault({}) })
    .prefault({})
    .meta(
      rules({
        rule: "quantity(self.requests.memory).compareTo(quantity(self.limits.memory)) <= 0",
        message: "requests.memory is above limits.memory",
      }),
    ),
  storage: z
    .object({
      size: z
        .string()
        .max(15)
        .regex(BYTES_PATTERN)
        .default("10Gi")
        .meta(rules({ rule: "self == oldSelf", message: "size is immutable in this version" })),
      className: z
        .string()
        .max(253)
        .default("")
        .describe("StorageClass; empty: the cluster's default")
        .meta(rules({ rule: "self == oldSelf", message: "className is immutable" })),
      deletionPolicy: z
        .enum(["Retain", "Delete"])
        .default("Retain")
        .describe("What becomes of claims and genesis when the network or the full node goes"),
    })
    .prefault({}),
});

export const NetworkSpecSchema = z.object({
  operatorClass: z
    .string()
    .min(1)
    .max(63)
    .default("default")
    .describe("Which operator serves this network")
    .meta(rules({ rule: "self == oldSelf", message: "operatorClass is immutable" })),
  image: ImageSchema,
  chain: ChainSchema,
  validators: ValidatorsSchema,
  fullNodes: z.array(FullNodeGroupSchema).max(16).default([]).meta(mapByName),
  template: TemplateSchema.prefault({}).describe("Pods and claims of all members"),
});

export type NetworkSpec = z.output<typeof NetworkSpecSchema>;
export type NetworkSpecInput = z.input<typeof NetworkSpecSchema>;
export type Profile = NetworkSpec["chain"]["profile"];
