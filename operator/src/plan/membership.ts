/**
 * Who the members are. Before there is a genesis the spec says it; afterwards the genesis does, because
 * validators cannot join or leave a running chain in this version. Full nodes follow the spec always.
 */
import type { Verdict } from "../api/condition.ts";
import type { TimeCoinNetwork } from "../api/network.ts";
import { VALIDATOR_GROUP } from "../api/network-spec.ts";
import { type Member, memberOf } from "../desired/names.ts";
import type { GenesisState } from "./facts.ts";

/** The members of the network, validators first, in the order of their numbers. */
export function membersOf(
  network: Pick<TimeCoinNetwork, "spec">,
  genesis: GenesisState,
): readonly Member[] {
  const { validators, fullNodes } = network.spec;
  const count =
    genesis.state === "Present" ? genesis.genesis.validators.length : validators.replicas;
  return [
    ...Array.from({ length: count }, (_, i) => memberOf(VALIDATOR_GROUP, i, "Validator")),
    ...fullNodes.flatMap(({ name, replicas }) =>
      Array.from({ length: replicas }, (_, i) => memberOf(name, i, "FullNode")),
    ),
  ];
}

/** Whether the spec asks for another number of validators than the chain has. */
export function scaleVerdict(
  network: Pick<TimeCoinNetwork, "spec">,
  genesis: GenesisState,
): Verdict {
  const { replicas } = network.spec.validators;
  const active = genesis.state === "Present" ? genesis.genesis.validators.length : replicas;
  if (active === replicas) {
    return { status: "False", reason: "None", message: "the chain has the validators of the spec" };
  }
  const change = replicas > active ? "join" : "leave";
  return {
    status: "True",
    reason: "MembershipUnavailable",
    message: `validators cannot ${change} a running chain in this version; it keeps the ${active} of its genesis instead of ${replicas}. Set validators.replicas back to ${active}, or create another network.`,
  };
}
