// Evidence as bytes and back. A piece has one encoding: its two statements stand in the order of their
// bytes, and a vote has no valid round. The decoder refuses anything else. Whether a piece proves anything
// is for ledger/evidence.ts to say.

import type { ValueOf } from "@chainsafe/ssz";
import { CodedError } from "../types/errors.ts";
import type { Evidence, EvidenceKind, SignedStatement } from "../types/evidence.ts";
import { compareBytes } from "./bytes.ts";
import { safeInteger } from "./decode.ts";
import { EvidenceSchema, SignedStatementSchema } from "./schemas.ts";

/** Every piece has this size. */
export const EVIDENCE_BYTES = 245;

/** Place + 1 is the number on the wire. */
const KINDS: readonly EvidenceKind[] = ["doublePrevote", "doublePrecommit", "doubleProposal"];

type StatementWire = ValueOf<typeof SignedStatementSchema>;
type EvidenceWire = ValueOf<typeof EvidenceSchema>;

const statementToWire = ({ validRound, blockHash, signature }: SignedStatement): StatementWire => ({
  validRoundPlusOne: validRound + 1,
  blockHash,
  signature,
});

const compareStatements = (a: StatementWire, b: StatementWire): number =>
  compareBytes(SignedStatementSchema.serialize(a), SignedStatementSchema.serialize(b));

/** The one piece of evidence that two statements make, whichever came first. */
export function newEvidence(
  place: Pick<Evidence, "kind" | "publicKey" | "height" | "round">,
  one: SignedStatement,
  other: SignedStatement,
): Evidence {
  const { kind, publicKey, height, round } = place;
  const inOrder = compareStatements(statementToWire(one), statementToWire(other)) < 0;
  const [first, second] = inOrder ? [one, other] : [other, one];
  return { kind, publicKey, height, round, first, second };
}

export function evidenceToWire(evidence: Evidence): EvidenceWire {
  return {
    kind: KINDS.indexOf(evidence.kind) + 1,
    publicKey: evidence.publicKey,
    height: evidence.height,
    round: evidence.round,
    first: statementToWire(evidence.first),
    second: statementToWire(evidence.second),
  };
}

/** @throws CodedError CODEC_MALFORMED where it is not the one encoding of a piece of evidence. */
export function evidenceFromWire(wire: EvidenceWire): Evidence {
  const kind = KINDS[wire.kind - 1];
  if (kind === undefined) throw malformed(`kind ${wire.kind} does not exist`);
  if (compareStatements(wire.first, wire.second) >= 0) throw malformed("the pair is not in order");
  const statement = ({ validRoundPlusOne, blockHash, signature }: StatementWire) => {
    if (kind !== "doubleProposal" && validRoundPlusOne !== 0) {
      throw malformed("a vote has no valid round");
    }
    return { validRound: validRoundPlusOne - 1, blockHash, signature };
  };
  return {
    kind,
    publicKey: wire.publicKey,
    height: safeInteger(wire.height, "evidence height"),
    round: wire.round,
    first: statement(wire.first),
    second: statement(wire.second),
  };
}

const malformed = (reason: string): CodedError =>
  new CodedError("CODEC_MALFORMED", `evidence: ${reason}`);

export const encodeEvidence = (evidence: Evidence): Uint8Array =>
  EvidenceSchema.serialize(evidenceToWire(evidence));
