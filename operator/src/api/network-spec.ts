/**
 * The spec of a TimeCoinNetwork: types, defaults, bounds and CEL rules in one place. The CRD, its copy
 * in the CRD chart and the reference page are generated from it. A field stands here only once the
 * operator acts on it; the API server prunes and reports all others. The objects are not strict, so
 * that an object stored by a newer version still parses after a downgrade.
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
    .describe("Image of the node, without its tag"),
  tag: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/)
    .describe("Tag of the image. After a change the operator replaces the pods, one at a time"),
  pullPolicy: z
    .enum(["IfNotPresent", "Always", "Never"])
    .default("IfNotPresent")
    .describe("When the kubelet pulls the image"),
  pullSecrets: z
    .array(z.object({ name: z.string().min(1).max(253).describe("Name of the Secret") }))
    .max(8)
    .default([])
    .describe("Secrets with the credentials of the registry, in the same namespace")
    .meta(mapByName),
});

const AllocationSchema = z.object({
  address: z
    .string()
    .max(38)
    .regex(/^TIME[01][1-9A-HJ-NP-Za-km-z]{33}$/)
    .describe("Address that owns the coins: TIME0... on Testnet and Devnet, TIME1... on Mainnet"),
  amount: z
    .string()
    .max(21)
    .regex(/^(0|[1-9][0-9]{0,11})(\.[0-9]{1,8})?$/)
    .describe("Amount in TIME, a decimal with at most 8 digits after the point"),
});

const GenesisCreateSchema = z
  .object({
    blockInterval: duration("1ms", "1h")
      .optional()
      .describe(
        "Least time between two blocks while transactions wait. Without it: 50ms up to 31 validators, 1s above",
      ),
    emptyBlockInterval: duration("100ms", "1h")
      .default("1s")
      .describe("Time between two blocks while no transaction waits"),
    allocations: z
      .array(AllocationSchema)
      .max(256)
      .default([])
      .describe("The coins that exist from the first block on")
      .meta({ "x-kubernetes-list-type": "atomic" }),
  })
  .meta(
    rules({
      rule: "!has(self.blockInterval) || duration(self.blockInterval) <= duration(self.emptyBlockInterval)",
      message: "blockInterval must not be above emptyBlockInterval",
    }),
  );

const CHAIN_RULES = rules(
  {
    rule: "self == oldSelf",
    message: "chain must stay as it is: another chain is another network",
  },
  {
    rule: "self.genesis.create.allocations.all(a, a.address.startsWith(self.profile == 'Mainnet' ? 'TIME1' : 'TIME0'))",
    message: "addresses must start with TIME1 on Mainnet and with TIME0 elsewhere",
    fieldPath: ".genesis",
  },
);

const ChainSchema = z
  .object({
    id: z
      .string()
      .max(48)
      .regex(/^[a-z0-9][a-z0-9-]*$/)
      .describe(
        "Id of the chain. The genesis hash covers it, and every signature covers the genesis hash",
      ),
    profile: z
      .enum(["Mainnet", "Testnet", "Devnet"])
      .describe("Kind of network: it decides the address prefix and the ports"),
    genesis: z
      .object({
        create: GenesisCreateSchema.prefault({}).describe("The parameters of a new genesis"),
      })
      .prefault({})
      .describe("Where the genesis comes from"),
  })
  .describe("What all members must agree on. It cannot be changed later")
  .meta(CHAIN_RULES);

const ValidatorsSchema = z
  .object({
    replicas: z
      .int()
      .min(1)
      .max(100)
      .describe(
        "Number of validators. It is fixed once the genesis exists; a change sets the condition ScaleRefused",
      ),
    allowNoFaultTolerance: z
      .boolean()
      .default(false)
      .describe("Accept fewer than 4 validators. Any one of them that stops then stops the chain"),
    keys: z
      .object({
        deletionPolicy: z
          .enum(["Retain", "Delete"])
          .default("Retain")
          .describe("What happens to the key Secrets when the network is deleted"),
      })
      .prefault({})
      .describe("The keys of the members. The operator makes each once and never again")
      .meta(
        rules({
          rule: "self == oldSelf",
          message: "keys must stay as it is: the operator never rewrites a key Secret",
        }),
      ),
  })
  .meta(
    rules({
      rule: "self.replicas >= 4 || self.allowNoFaultTolerance",
      message:
        "replicas must be at least 4, because fewer tolerate no fault; set allowNoFaultTolerance to accept that",
    }),
  )
  .describe("The members that vote");

const FullNodeGroupSchema = z.object({
  name: z
    .string()
    .max(12)
    .regex(GROUP_NAME)
    .describe("Name of the group. Its members are NAME-0, NAME-1 and so on")
    .meta(
      rules({
        rule: `self != '${VALIDATOR_GROUP}'`,
        message: `the name must not be "${VALIDATOR_GROUP}", which is the group of the validators`,
      }),
    ),
  replicas: z
    .int()
    .min(0)
    .max(50)
    .describe("Number of full nodes. They follow the chain and serve RPC, and do not vote"),
});

const RequestsSchema = z.object({
  cpu: z.string().max(7).regex(CPU_PATTERN).default("100m").describe("CPU that a pod is promised"),
  memory: z
    .string()
    .max(15)
    .regex(BYTES_PATTERN)
    .default("128Mi")
    .describe("Memory that a pod is promised"),
});

const LimitsSchema = z.object({
  cpu: z
    .string()
    .max(7)
    .regex(CPU_PATTERN)
    .optional()
    .describe("CPU that a pod may use at most. Without it there is no limit"),
  memory: z
    .string()
    .max(15)
    .regex(BYTES_PATTERN)
    .default("512Mi")
    .describe("Memory that a pod may use at most. The heap of the node is held to 70 % of it"),
});

const TemplateSchema = z.object({
  resources: z
    .object({
      requests: RequestsSchema.prefault({}).describe("What the scheduler reserves for each pod"),
      limits: LimitsSchema.prefault({}).describe("What each pod may use at most"),
    })
    .prefault({})
    .describe("CPU and memory of each pod")
    .meta(
      rules({
        rule: "quantity(self.requests.memory).compareTo(quantity(self.limits.memory)) <= 0",
        message: "requests.memory must not be above limits.memory",
      }),
    ),
  storage: z
    .object({
      size: z
        .string()
        .max(15)
        .regex(BYTES_PATTERN)
        .default("10Gi")
        .describe("Size of each member's claim")
        .meta(
          rules({ rule: "self == oldSelf", message: "size must stay as it is in this version" }),
        ),
      className: z
        .string()
        .max(253)
        .default("")
        .describe("StorageClass of the claims. Empty means the default of the cluster")
        .meta(rules({ rule: "self == oldSelf", message: "className must stay as it is" })),
      deletionPolicy: z
        .enum(["Retain", "Delete"])
        .default("Retain")
        .describe(
          "What happens to claims and genesis when the network is deleted, and to the claim of a full node that is removed",
        ),
    })
    .prefault({})
    .describe("The claim of each member"),
});

export const NetworkSpecSchema = z.object({
  operatorClass: z
    .string()
    .min(1)
    .max(63)
    .default("default")
    .describe("Which operator serves this network: the one started with this class")
    .meta(rules({ rule: "self == oldSelf", message: "operatorClass must stay as it is" })),
  image: ImageSchema.describe("The image that all members run"),
  chain: ChainSchema,
  validators: ValidatorsSchema,
  fullNodes: z
    .array(FullNodeGroupSchema)
    .max(16)
    .default([])
    .describe("Groups of full nodes")
    .meta(mapByName),
  template: TemplateSchema.prefault({}).describe(
    "What the pods and claims of all members look like",
  ),
});

export type NetworkSpec = z.output<typeof NetworkSpecSchema>;
export type NetworkSpecInput = z.input<typeof NetworkSpecSchema>;
export type Profile = NetworkSpec["chain"]["profile"];
