/**
 * The pod of a member, fit for the restricted Pod Security Standard. Genesis, configuration and keys
 * come as one projected volume: a volume mounted inside another read-only one cannot be. Probes ask
 * the node about itself only; none of them fails because the chain lacks a quorum.
 */
import type { JsonMap } from "../api/manifest.ts";
import { quantityBytes } from "../api/quantity.ts";
import type { BuildContext, GenesisFacts, Identity } from "./context.ts";
import { GENESIS_KEY } from "./genesis-config-map.ts";
import { intentHash } from "./intent-hash.ts";
import { NODE_KEY_FILE, VALIDATOR_KEY_FILE } from "./keys-secret.ts";
import {
  CONFIG_ANNOTATION,
  GENESIS_HASH_ANNOTATION,
  KEY_LABEL,
  memberLabels,
  roleSelector,
  TEMPLATE_ANNOTATION,
} from "./labels.ts";
import { CONFIG_KEY } from "./member-config.ts";
import { accountName, claimName, configName, genesisName, keysName, type Member } from "./names.ts";
import { CONFIG_FILE, CONFIG_FOLDER, DATA_FOLDER } from "./paths.ts";
import { portsOf } from "./ports.ts";

const USER = 1000;
const HEAP_SHARE = 0.7;
const MIB = 1024 * 1024;

export interface PodInput {
  readonly member: Member;
  readonly identity: Identity;
  readonly genesis: GenesisFacts;
  /** Hash of the member's configuration: a new one needs a new pod. */
  readonly configHash: string;
  /** Its key has signed nothing, and its claim is the first: the node begins its sign state. */
  readonly isFirstStart: boolean;
}

export interface PodTemplate {
  readonly template: JsonMap;
  /** Of all that a new pod would take from the template; also an annotation on it. */
  readonly templateHash: string;
}

/**
 * The template, with its own hash as an annotation. The hash leaves `--init` out: what it does is done when
 * it is taken away, and no pod has to be replaced for that.
 */
export function podTemplate(context: BuildContext, input: PodInput): PodTemplate {
  const { network } = context;
  const { member, identity, genesis, configHash, isFirstStart } = input;
  const annotations = {
    [CONFIG_ANNOTATION]: configHash,
    [GENESIS_HASH_ANNOTATION]: genesis.hash,
  };
  const labels = { ...memberLabels(network.name, member), [KEY_LABEL]: identity.keyHash };
  const spec = podSpec(context, member, isFirstStart);
  const later = podSpec(context, member, false);
  const templateHash = intentHash({ labels, annotations, spec: later });
  const sealed = { ...annotations, [TEMPLATE_ANNOTATION]: templateHash };
  return { template: { metadata: { labels, annotations: sealed }, spec }, templateHash };
}

function podSpec(context: BuildContext, member: Member, isFirstStart: boolean): JsonMap {
  const { network } = context;
  const { pullSecrets } = network.spec.image;
  return {
    serviceAccountName: accountName(network.name),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 30,
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      fsGroup: USER,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: roleSelector(network.name, member.role) },
      },
    ],
    containers: [container(context, isFirstStart)],
    volumes: volumes(network.name, member),
  };
}

function container({ network }: BuildContext, isFirstStart: boolean): JsonMap {
  const { image, chain, template } = network.spec;
  const { requests, limits } = template.resources;
  const ports = portsOf(chain.profile);
  const heapMib = Math.floor((quantityBytes(limits.memory) * HEAP_SHARE) / MIB);
  return {
    name: "timed",
    image: `${image.repository}:${image.tag}`,
    imagePullPolicy: image.pullPolicy,
    args: ["run", "--config", CONFIG_FILE, ...(isFirstStart ? ["--init"] : [])],
    env: [{ name: "NODE_OPTIONS", value: `--max-old-space-size=${heapMib}` }],
    ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort })),
    resources: { requests, limits },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    startupProbe: probe("/startupz", { periodSeconds: 1, failureThreshold: 1800 }),
    livenessProbe: probe("/livez", { periodSeconds: 10, failureThreshold: 6 }),
    readinessProbe: probe("/readyz", { periodSeconds: 3, failureThreshold: 3 }),
    volumeMounts: [
      { name: "etc", mountPath: CONFIG_FOLDER, readOnly: true },
      { name: "data", mountPath: DATA_FOLDER },
    ],
  };
}

const probe = (path: string, pace: { periodSeconds: number; failureThreshold: number }) => ({
  httpGet: { path, port: "ops" },
  timeoutSeconds: 5,
  ...pace,
});

function volumes(network: string, member: Member): readonly JsonMap[] {
  const keyFiles =
    member.role === "Validator" ? [VALIDATOR_KEY_FILE, NODE_KEY_FILE] : [NODE_KEY_FILE];
  const config = configName(network, member.name);
  const sources = [
    { configMap: { name: config, items: [{ key: CONFIG_KEY, path: CONFIG_KEY }] } },
    { configMap: { name: genesisName(network), items: [{ key: GENESIS_KEY, path: GENESIS_KEY }] } },
    {
      secret: {
        name: keysName(network, member.name),
        items: keyFiles.map((file) => ({ key: file, path: `keys/${file}` })),
      },
    },
  ];
  return [
    { name: "etc", projected: { defaultMode: 0o440, sources } },
    { name: "data", persistentVolumeClaim: { claimName: claimName(network, member.name) } },
  ];
}
