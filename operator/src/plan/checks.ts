/**
 * Whether the network may be acted on as its spec says: named checks in a fixed order, the first that
 * fails gives the condition Accepted. A check only reads facts. What a failed check forbids is decided
 * in custody.ts, so that one bad member does not stop the care for the others.
 */
import { decodeAddress } from "@timecoin/node/address";
import { FAST_VALIDATORS } from "@timecoin/node/genesis";
import type { Verdict } from "../api/condition.ts";
import { durationMs } from "../api/quantity.ts";
import { genesisName, keysName } from "../desired/names.ts";
import { lostMembers, olderClaims, orphanedWorkloads } from "./custody.ts";
import { type Facts, isValidator } from "./facts.ts";

type Check = (facts: Facts) => Verdict | undefined;

const refused = (reason: string, message: string): Verdict => ({
  status: "False",
  reason,
  message,
});

const names = (list: readonly { readonly member: { readonly name: string } }[]) =>
  list.map(({ member }) => member.name).join(", ");

function genesisReadable({ genesis, network }: Facts): Verdict | undefined {
  if (genesis.state !== "Invalid") return undefined;
  const name = genesisName(network.name);
  return refused(
    "GenesisMismatch",
    `ConfigMap ${name} holds no genesis of this chain: ${genesis.reason}`,
  );
}

function genesisThere(facts: Facts): Verdict | undefined {
  if (facts.genesis.state !== "Missing") return undefined;
  const name = genesisName(facts.network.name);
  const older = olderClaims(facts);
  if (older.length > 0) {
    return refused(
      "GenesisMismatch",
      `the claims of ${names(older)} are older than this network and their genesis is gone: restore ConfigMap ${name}, or delete those claims to start a new chain`,
    );
  }
  const orphans = orphanedWorkloads(facts);
  if (orphans.length === 0) return undefined;
  return refused(
    "GenesisMismatch",
    `ConfigMap ${name} is gone while ${names(orphans)} ran from it: restore it; the members keep running`,
  );
}

function keysDistinct({ members }: Facts): Verdict | undefined {
  const seen = new Map<string, string>();
  for (const { member, identity } of members) {
    if (identity.state !== "Present") continue;
    const other = seen.get(identity.identity.keyHash);
    if (other !== undefined) {
      return refused("DuplicateKey", `${other} and ${member.name} hold the same key`);
    }
    seen.set(identity.identity.keyHash, member.name);
  }
  return undefined;
}

function keysThere(facts: Facts): Verdict | undefined {
  const { network, genesis, members } = facts;
  for (const { member, identity } of members) {
    const secret = keysName(network.name, member.name);
    if (identity.state === "Damaged") {
      return refused("KeyMissing", `Secret ${secret}: ${identity.reason}; restore it`);
    }
    if (identity.state !== "Missing" || member.role !== "Validator") continue;
    if (genesis.state !== "Present") continue;
    return refused(
      "KeyMissing",
      `Secret ${secret} is gone and the genesis names its key: restore it; keys are never made anew`,
    );
  }
  return undefined;
}

function keysOfGenesis({ genesis, members }: Facts): Verdict | undefined {
  if (genesis.state !== "Present") return undefined;
  for (const { member, identity } of members.filter(isValidator)) {
    if (identity.state !== "Present") continue;
    const entry = genesis.genesis.validators.find(({ name }) => name === member.name);
    if (entry?.publicKey === identity.identity.publicKey) continue;
    return refused("GenesisMismatch", `${member.name} holds another key than the genesis names`);
  }
  return undefined;
}

function stateThere(facts: Facts): Verdict | undefined {
  const lost = lostMembers(facts);
  if (lost.length === 0) return undefined;
  return refused(
    "StateLost",
    `the claims of ${names(lost)} are gone, and with them what these validators have signed. Restore each claim under its name and labels; the operator makes no empty one beside a live key`,
  );
}

/** What no CEL rule can say of a genesis that is still to be made. */
function genesisPossible({ genesis, network }: Facts): Verdict | undefined {
  if (genesis.state !== "Missing") return undefined;
  const { chain, validators } = network.spec;
  const { allocations, blockInterval, emptyBlockInterval } = chain.genesis.create;
  const kind = chain.profile === "Mainnet" ? "mainnet" : "testnet";
  for (const { address } of allocations) {
    const decoded = decodeAddress(address, kind);
    if (!decoded.ok) return refused("InvalidSpec", `allocation to ${address}: ${decoded.reason}`);
  }
  const isLarge = validators.replicas > FAST_VALIDATORS;
  if (isLarge && blockInterval === undefined && durationMs(emptyBlockInterval) < 1_000) {
    const message = `with more than ${FAST_VALIDATORS} validators blocks take 1s: set emptyBlockInterval to 1s or more, or blockInterval`;
    return refused("InvalidSpec", message);
  }
  return undefined;
}

const CHECKS: readonly Check[] = [
  genesisPossible,
  genesisReadable,
  genesisThere,
  keysDistinct,
  keysThere,
  keysOfGenesis,
  stateThere,
];

/** The condition Accepted. */
export function acceptedVerdict(facts: Facts): Verdict {
  for (const check of CHECKS) {
    const verdict = check(facts);
    if (verdict !== undefined) return verdict;
  }
  return { status: "True", reason: "Valid", message: "the spec can be acted on" };
}
