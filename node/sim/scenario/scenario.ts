// The scenario language: lines of input for one core, and under each the whole trace of its effects.
// A file in node/scenarios is both test and golden: runScenario() returns it with the effects as they
// are now, and the test compares. Values are letters; a block is of the round that first names it (of
// its validRound, where a re-proposal is the first).

import { ZERO_HASH } from "../../src/codec/bytes.ts";
import { toHex } from "../../src/codec/hex.ts";
import type { ConsensusParams, Input, Step } from "../../src/consensus/api.ts";
import { leaderOf } from "../../src/consensus/proposer.ts";
import { groupVotes } from "../../src/consensus/round-certificate.ts";
import { type ConsensusState, initialState } from "../../src/consensus/state.ts";
import { step } from "../../src/consensus/step.ts";
import type { Block, Certificate, VoteType } from "../../src/types/chain.ts";
import type { RoundCertificate, RoundReason, Vote } from "../../src/types/consensus.ts";
import { checkInvariants } from "../../test/consensus-invariants.ts";
import { newValidators } from "../world/keyring.ts";
import { showEffect, showState } from "./show.ts";

const PARAMS: ConsensusParams = {
  timeoutProposeMs: 1_000,
  timeoutVoteMs: 500,
  timeoutGrowth: 1.5,
  maxTimeoutMs: 10_000,
  precisionMs: 100,
  messageDelayMs: 400,
};

const START_MS = 1_000_000;

/** Words of a line: the plain ones in order, and the key=value ones. */
interface Line {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

interface Scene {
  state: ConsensusState;
  nowMs: number;
  readonly blocks: Map<string, Block>;
}

/** The file's text with each input's effects as the core gives them now. */
export function runScenario(text: string): string {
  const scene: Scene = { state: initialState(PARAMS), nowMs: START_MS, blocks: new Map() };
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("  ")) continue;
    lines.push(line);
    if (line === "" || line.startsWith("#")) continue;
    for (const shown of play(scene, parse(line))) lines.push(`  ${shown}`);
    checkInvariants(scene.state);
  }
  return lines.join("\n");
}

function parse(line: string): Line {
  const words: string[] = [];
  const options = new Map<string, string>();
  for (const word of line.split(/\s+/)) {
    const [key, value] = word.split("=");
    if (key !== undefined && value !== undefined) options.set(key, value);
    else if (word !== "") words.push(word);
  }
  return { words, options };
}

function play(scene: Scene, line: Line): readonly string[] {
  const command = line.words[0];
  if (command === "state") return [showState(scene.state)];
  if (command === "wait") {
    scene.nowMs += numberAt(line, 1);
    return [];
  }
  const shown: string[] = [];
  let isNews = false;
  for (const input of inputsOf(scene, line)) {
    const result = step(scene.state, { nowMs: scene.nowMs, input });
    scene.state = result.state;
    isNews ||= result.changed;
    for (const effect of result.effects) shown.push(showEffect(effect));
  }
  return isNews ? shown : [...shown, "nothing changed"];
}

function inputsOf(scene: Scene, line: Line): readonly Input[] {
  const command = line.words[0];
  const { height } = scene.state.context;
  switch (command) {
    case "enter":
      return [enterHeight(line)];
    case "timeout":
      return [{ type: "timeout", height, round: numberAt(line, 2), step: line.words[1] as Step }];
    case "proposal":
      return [proposal(scene, line)];
    case "built": {
      const block = blockOf(scene, wordAt(line, 2), numberAt(line, 1));
      const blockHash = toHex(hashOf(wordAt(line, 2)));
      return [{ type: "blockBuilt", round: numberAt(line, 1), block, blockHash }];
    }
    case "prevote":
    case "precommit":
      return votes(scene, line);
    case "certificate":
      return [{ type: "certificate", certificate: certificate(scene, line) }];
    case "roundCertificate":
      return [{ type: "roundCertificate", certificate: roundCertificate(scene, line) }];
    case "certified": {
      const block = blockOf(scene, wordAt(line, 3), numberAt(line, 2));
      const certified = { block, certificate: certificate(scene, line) };
      return [{ type: "certifiedBlock", certified, blockHash: toHex(hashOf(wordAt(line, 3))) }];
    }
    default:
      throw new Error(`a scenario knows no "${command ?? ""}"`);
  }
}

function enterHeight({ options }: Line): Input {
  const powers = listOf(options.get("powers") ?? "1,1,1,1");
  const count = Number(options.get("validators") ?? powers.length);
  const self = options.get("self") ?? "0";
  return {
    type: "enterHeight",
    startInMs: 0,
    context: {
      height: Number(options.get("height") ?? 1),
      validators: newValidators(count).map((validator, index) => ({
        ...validator,
        power: powers[index] ?? 1,
      })),
      leaderOrder: Array.from({ length: count }, (_, index) => index),
      self: self === "none" ? undefined : Number(self),
      parentTimestampMs: START_MS - 1_000,
    },
  };
}

function proposal(scene: Scene, line: Line): Input {
  const { context } = scene.state;
  const { options } = line;
  const round = numberAt(line, 1);
  const name = wordAt(line, 2);
  const validRound = Number(options.get("validRound") ?? -1);
  const firstRound = validRound === -1 ? round : validRound;
  const block = blockOf(scene, name, firstRound, options);
  const blockHash = hashOf(name);
  const proposerIndex = Number(options.get("by") ?? leaderOf(context, round));
  const signers = options.get("polc");
  const height = Number(options.get("height") ?? context.height);
  const header = { height, round, validRound, blockHash, proposerIndex };
  const message = {
    proposal: { ...header, signature: new Uint8Array(64) },
    block,
    polc:
      signers === undefined
        ? undefined
        : certificateBy(scene, { type: 1, round: validRound, blockHash, signers }),
  };
  const valid = !line.words.includes("invalid");
  return { type: "proposal", message, blockHash: toHex(blockHash), valid };
}

function votes(scene: Scene, line: Line): readonly Input[] {
  const place = `${wordAt(line, 0)}:${wordAt(line, 1)}:${wordAt(line, 2)}`;
  const cast = votesBy(scene, place, line.options.get("from"));
  return cast.map((vote) => ({ type: "vote", vote }));
}

/** Votes written as type:round:value, of the listed validators. */
function votesBy(scene: Scene, place: string, from: string | undefined): readonly Vote[] {
  const [type = "", round, value = ""] = place.split(":");
  return listOf(from).map((validatorIndex) => ({
    type: typeOf(type),
    height: scene.state.context.height,
    round: Number(round),
    blockHash: hashOf(value),
    validatorIndex,
    signature: new Uint8Array(64).fill(validatorIndex),
  }));
}

/** `roundCertificate ROUND KIND type:round:value=validators …` */
function roundCertificate(scene: Scene, line: Line): RoundCertificate {
  const { height, validators } = scene.state.context;
  const cast = [...line.options].flatMap(([place, from]) => votesBy(scene, place, from));
  const groups = groupVotes(cast, validators.length);
  return { kind: wordAt(line, 2) as RoundReason, height, round: numberAt(line, 1), groups };
}

function certificate(scene: Scene, line: Line): Certificate {
  const type = typeOf(wordAt(line, 1));
  const signers = line.options.get("from") ?? "";
  const blockHash = hashOf(wordAt(line, 3));
  return certificateBy(scene, { type, round: numberAt(line, 2), blockHash, signers });
}

function certificateBy(
  { state }: Scene,
  parts: Pick<Certificate, "type" | "round" | "blockHash"> & { readonly signers: string },
): Certificate {
  const signers = listOf(parts.signers);
  return {
    type: parts.type,
    height: state.context.height,
    round: parts.round,
    blockHash: parts.blockHash,
    signers: state.context.validators.map((_, index) => signers.includes(index)),
    signatures: signers.map((index) => new Uint8Array(64).fill(index)),
  };
}

/** @param options of a proposal: `stamp`, its time from now; `author`, whose key the header names. */
function blockOf(
  scene: Scene,
  name: string,
  round: number,
  options: Line["options"] = new Map(),
): Block {
  const known = scene.blocks.get(name);
  if (known !== undefined) return known;
  const { context } = scene.state;
  const author = Number(options.get("author") ?? leaderOf(context, round));
  const leader = context.validators[author];
  const block: Block = {
    header: {
      version: 1,
      height: context.height,
      round,
      parentHash: ZERO_HASH,
      lastCommitHash: ZERO_HASH,
      validatorsHash: ZERO_HASH,
      nextValidatorsHash: ZERO_HASH,
      txRoot: ZERO_HASH,
      evidenceRoot: ZERO_HASH,
      stateRoot: ZERO_HASH,
      proposer: leader?.publicKey ?? ZERO_HASH,
      timestampMs: scene.nowMs + Number(options.get("stamp") ?? 0),
    },
    lastCommit: undefined,
    evidence: [],
    transactions: [],
  };
  scene.blocks.set(name, block);
  return block;
}

const typeOf = (name: string): VoteType => (name === "prevote" ? 1 : 2);

const hashOf = (name: string): Uint8Array =>
  name === "nil" ? ZERO_HASH : new Uint8Array(32).fill(name.charCodeAt(0));

const listOf = (text: string | undefined): readonly number[] => (text ?? "").split(",").map(Number);

function wordAt({ words }: Line, index: number): string {
  const word = words[index];
  if (word === undefined) throw new Error(`"${words.join(" ")}" lacks word ${index}`);
  return word;
}

const numberAt = (line: Line, index: number): number => Number(wordAt(line, index));
