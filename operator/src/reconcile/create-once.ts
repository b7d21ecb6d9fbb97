/**
 * The things that are created once and never applied over: keys and genesis. Each step reads the API
 * server itself before it acts, because a cache may be behind and these acts cannot be taken back.
 */

import { toHex } from "@timecoin/node/codec/hex";
import {
  type GenesisFile,
  genesisHashOf,
  genesisValidatorOf,
  parseGenesis,
} from "@timecoin/node/genesis";
import type { GenesisFacts } from "../desired/context.ts";
import { genesisConfigMap, genesisFileOf } from "../desired/genesis-config-map.ts";
import { NETWORK_LABEL, ROLE_LABEL } from "../desired/labels.ts";
import { genesisName, workloadName } from "../desired/names.ts";
import { TerminalError } from "../kube/controller.ts";
import { isAlreadyExists, isNotFound } from "../kube/errors.ts";
import { KINDS } from "../kube/kinds.ts";
import { type Facts, isValidator } from "../plan/facts.ts";
import type { Decision } from "../plan/plan.ts";
import { eachLimited } from "./each-limited.ts";
import { contextOf, type Gathered } from "./gather.ts";
import { wipe } from "./key-custody.ts";
import { podFactsOf } from "./read.ts";
import type { NetworkObject, ReconcileServices } from "./services.ts";

const PARALLEL = 8;

/** Makes the keys that the decision names. */
export async function createKeys(
  services: ReconcileServices,
  gathered: Gathered,
  decision: Decision,
): Promise<void> {
  const wanted = gathered.facts.members.filter(({ member }) =>
    decision.createKeys.includes(member.name),
  );
  const forValidators = wanted.some(isValidator);
  if (forValidators && (await genesisExists(services, gathered))) return;
  const context = contextOf(services, gathered);
  await eachLimited(wanted, PARALLEL, ({ member }) => services.custody.create(context, member));
}

async function genesisExists({ http }: ReconcileServices, { facts }: Gathered): Promise<boolean> {
  const { name, namespace } = facts.network;
  try {
    await http.get({ kind: KINDS.ConfigMap, namespace, name: genesisName(name) });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Makes or replaces the genesis where the decision says so. */
export async function settleGenesis(
  services: ReconcileServices,
  gathered: Gathered,
  work: { readonly decision: Decision; readonly object: NetworkObject },
): Promise<void> {
  if (work.decision.genesis.kind === "Create") await createGenesis(services, gathered, work.object);
  if (work.decision.genesis.kind === "Replace")
    await removeGenesis(services, gathered, work.object);
}

async function createGenesis(
  services: ReconcileServices,
  gathered: Gathered,
  object: NetworkObject,
): Promise<void> {
  const context = contextOf(services, gathered);
  const validators = await genesisValidators(services, gathered);
  if (validators === undefined) return;
  const file = genesisFileOf(context, {
    nonce: toHex(services.randomBytes(32)),
    timeMs: services.clock.epochMs(),
    validators,
  });
  const parsed = parseGenesis(file);
  if (!parsed.ok) throw new TerminalError(`the genesis of this spec is invalid: ${parsed.reason}`);
  const hash = toHex(genesisHashOf(parsed.value));
  const text = `${JSON.stringify(file, null, 2)}\n`;
  try {
    const firstClaims = claimUidsOf(gathered.facts);
    const configMap = genesisConfigMap(context, { text, hash, firstClaims });
    await services.http.create(KINDS.ConfigMap, configMap);
  } catch (error) {
    if (isAlreadyExists(error)) return; // another leader was first: its genesis counts
    throw error;
  }
  services.events.record({
    regarding: object,
    type: "Normal",
    reason: "GenesisCreated",
    action: "CreateGenesis",
    note: `genesis ${hash} of ${validators.length} validators`,
  });
}

/** The claims that the validators have now, before any of them has run: their first ones. */
function claimUidsOf({ members }: Facts): GenesisFacts["firstClaims"] {
  const claims = members.filter(isValidator).map(({ member, claim }) => [member.name, claim?.uid]);
  return Object.fromEntries(claims.filter(([, uid]) => uid !== undefined));
}

/** The validators' entries with their proofs; undefined where a key is not there yet. */
async function genesisValidators(
  { custody }: ReconcileServices,
  { facts }: Gathered,
): Promise<GenesisFile["validators"] | undefined> {
  const entries: GenesisFile["validators"] = [];
  for (const { member } of facts.members.filter(isValidator)) {
    const seeds = await custody.seedsOf(facts.network, member);
    if (seeds?.validatorSeed === undefined) return undefined;
    const { validatorSeed, nodeSeed } = seeds;
    const chainId = facts.network.spec.chain.id;
    entries.push(genesisValidatorOf(chainId, member.name, { validatorSeed, nodeSeed }));
    wipe(seeds);
  }
  return entries;
}

/**
 * Removes a genesis whose data is all gone; the next pass makes a new one with the same identities and
 * a fresh nonce. Only after fresh reads found no claim and no running pod.
 */
async function removeGenesis(
  services: ReconcileServices,
  gathered: Gathered,
  object: NetworkObject,
): Promise<void> {
  const { network, genesis } = gathered.facts;
  if (genesis.state !== "Present" || (await anythingLeft(services, gathered))) return;
  const { namespace } = network;
  for (const { member } of gathered.facts.members.filter(isValidator)) {
    const name = workloadName(network.name, member.name);
    const uid = gathered.live.statefulSets.get(name)?.metadata.uid;
    if (uid === undefined) continue;
    const ref = { kind: KINDS.StatefulSet, namespace, name };
    await ignoreMissing(services.http.delete(ref, { uid, propagation: "Background" }));
  }
  const ref = { kind: KINDS.ConfigMap, namespace, name: genesisName(network.name) };
  await ignoreMissing(services.http.delete(ref, { uid: genesis.genesis.uid }));
  services.events.record({
    regarding: object,
    type: "Warning",
    reason: "GenesisReplaced",
    action: "ReplaceGenesis",
    note: `all claims are gone, so chain ${genesis.genesis.hash} ended: a new genesis with the same identities and a fresh nonce follows, and old votes prove nothing there`,
  });
}

async function anythingLeft({ http }: ReconcileServices, { facts }: Gathered): Promise<boolean> {
  const { name, namespace } = facts.network;
  const validators = `${NETWORK_LABEL}=${name},${ROLE_LABEL}=Validator`;
  const scope = { namespace, labelSelector: validators };
  const claims = await http.list({ kind: KINDS.PersistentVolumeClaim, ...scope });
  if (claims.items.length > 0) return true;
  const pods = await http.list({ kind: KINDS.Pod, ...scope });
  return pods.items.some((pod) => podFactsOf(pod).running);
}

async function ignoreMissing(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
