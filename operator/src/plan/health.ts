/**
 * How the chain is: who signs, whether blocks are decided, whether a fault is tolerated. Judged from
 * the members' own answers; a report of fresh blocks counts once so many members make it that one of
 * them must be honest.
 */
import type { Verdict } from "../api/condition.ts";
import { durationMs } from "../api/quantity.ts";
import type { ValidatorBudgetInput } from "../desired/budgets.ts";
import { type Facts, isValidator, type MemberFacts, SIGNING_WINDOW, STALE_MS } from "./facts.ts";
import { quorumOf, reserveOf, toleratedFaults } from "./quorum.ts";

export interface Health {
  readonly total: number;
  readonly needed: number;
  readonly reserve: number;
  /** Names of the validators that signed within the window, by answers at most STALE_MS old. */
  readonly signing: ReadonlySet<string>;
  readonly answered: number;
  /** Highest height that a member reported; undefined while none answers. */
  readonly height: number | undefined;
}

/** The answer, where it is young enough and about this very chain. */
export function validAnswer(facts: Facts, { answer }: MemberFacts, maxAgeMs: number) {
  if (answer === undefined || answer.ageMs > maxAgeMs) return undefined;
  const { genesis } = facts;
  return genesis.state === "Present" && answer.genesisHash === genesis.genesis.hash
    ? answer
    : undefined;
}

/** The validators that signed one of the last heights, by answers at most `maxAgeMs` old. */
export function signingMembers(facts: Facts, maxAgeMs: number): ReadonlySet<string> {
  const height = highestHeight(facts, maxAgeMs) ?? 0;
  const signing = facts.members.filter(isValidator).filter((member) => {
    const signed = validAnswer(facts, member, maxAgeMs)?.lastSignedHeight;
    return signed !== undefined && signed > height - SIGNING_WINDOW;
  });
  return new Set(signing.map(({ member }) => member.name));
}

function highestHeight(facts: Facts, maxAgeMs: number): number | undefined {
  const heights = facts.members
    .map((member) => validAnswer(facts, member, maxAgeMs)?.height)
    .filter((height) => height !== undefined);
  return heights.length === 0 ? undefined : Math.max(...heights);
}

export function healthOf(facts: Facts): Health {
  const validators = facts.members.filter(isValidator);
  const total = validators.length;
  return {
    total,
    needed: quorumOf(total),
    reserve: reserveOf(total),
    signing: signingMembers(facts, STALE_MS),
    answered: validators.filter((member) => validAnswer(facts, member, STALE_MS) !== undefined)
      .length,
    height: highestHeight(facts, STALE_MS),
  };
}

/** What the validators' disruption budget follows from. */
export function budgetFigures(facts: Facts, health: Health): ValidatorBudgetInput {
  const { total: active, needed, signing } = health;
  const readyNotSigning = facts.members
    .filter(isValidator)
    .filter(({ member, pod }) => pod?.ready === true && !signing.has(member.name)).length;
  return { active, needed, readyNotSigning };
}

/** The condition Quorate. */
export function quorateVerdict(facts: Facts, health: Health): Verdict {
  const { answered, needed, total } = health;
  if (facts.genesis.state !== "Present") {
    return { status: "False", reason: "NoRecentCommit", message: "the chain has no genesis yet" };
  }
  if (answered < needed) {
    const message = `${answered} of ${total} validators answer, ${needed} are needed to judge${whyPodsWait(facts)}`;
    return { status: "Unknown", reason: "ProbesUnanswered", message };
  }
  const intervalMs = durationMs(facts.network.spec.chain.genesis.create.emptyBlockInterval);
  const limitMs = 2 * intervalMs + 3_000;
  const ageMs = credibleCommitAgeMs(facts);
  if (ageMs !== undefined && ageMs <= limitMs) {
    const message = `${health.signing.size} of ${total} validators sign, ${needed} are needed`;
    return { status: "True", reason: "CommitsFresh", message };
  }
  const message =
    ageMs === undefined ? "no block was decided yet" : `no block was decided for ${limitMs} ms`;
  return { status: "False", reason: "NoRecentCommit", message: `${message}${whoWaits(facts)}` };
}

/** The validators that do not know what their keys have signed, and so wait for blocks. */
const lostStates = (facts: Facts) =>
  facts.members
    .filter(isValidator)
    .filter((member) => validAnswer(facts, member, STALE_MS)?.isStateLost === true);

/** Says so where a chain without blocks has validators that wait for blocks, and what ends it. */
function whoWaits(facts: Facts): string {
  const lost = lostStates(facts);
  if (lost.length === 0) return "";
  const names = lost.map(({ member }) => member.name).join(", ");
  const total = facts.members.filter(isValidator).length;
  const rest = total - lost.length;
  const wait = `; the sign states of ${names} are lost, so they wait for blocks`;
  if (rest >= quorumOf(total)) return wait;
  return `${wait}, and the other ${rest} cannot make any: put back the claims that hold their sign states, or end this chain by deleting the claims of all validators`;
}

/** What keeps the pods of validators from running, where one says so. */
function whyPodsWait(facts: Facts): string {
  const waiting = facts.members
    .filter(isValidator)
    .filter(({ pod }) => (pod?.waiting ?? "") !== "");
  const [first] = waiting;
  if (first?.pod === undefined) return "";
  return `; ${waiting.length} pods wait, ${first.pod.name} for ${first.pod.waiting}`;
}

/** The commit age that f + 1 validators report or better: one of them is honest. */
function credibleCommitAgeMs(facts: Facts): number | undefined {
  const validators = facts.members.filter(isValidator);
  const ages = validators
    .map((member) => validAnswer(facts, member, STALE_MS)?.commitAgeMs)
    .filter((age) => age !== undefined)
    .toSorted((a, b) => a - b);
  return ages[toleratedFaults(validators.length)];
}

/** The condition FaultTolerant. */
export function faultTolerantVerdict(facts: Facts, health: Health, quorate: Verdict): Verdict {
  const { total, needed, signing, reserve } = health;
  if (total < 4) {
    const message = `${total} validators tolerate no fault; the smallest tolerant network has 4`;
    return { status: "False", reason: "TooFewValidators", message };
  }
  if (quorate.status === "Unknown") {
    return { status: "Unknown", reason: quorate.reason, message: quorate.message };
  }
  const spare = signing.size - needed;
  if (spare < Math.max(1, reserve)) {
    const message = `${signing.size} of ${total} sign, ${needed} are needed: no fault to spare`;
    return { status: "False", reason: "NoReserve", message };
  }
  const crowded = crowdedNode(facts, toleratedFaults(total));
  if (crowded !== undefined) {
    const message = `node ${crowded.name} runs ${crowded.count} of ${total} validators; its loss stops the chain`;
    return { status: "False", reason: "DomainTooLarge", message };
  }
  return { status: "True", reason: "ReserveHeld", message: `${spare} more may fail` };
}

function crowdedNode(facts: Facts, tolerated: number) {
  const counts = new Map<string, number>();
  for (const { pod } of facts.members.filter(isValidator)) {
    if (pod === undefined || pod.nodeName === "") continue;
    counts.set(pod.nodeName, (counts.get(pod.nodeName) ?? 0) + 1);
  }
  const [worst] = [...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return worst !== undefined && worst[1] > tolerated
    ? { name: worst[0], count: worst[1] }
    : undefined;
}
