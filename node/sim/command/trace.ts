// `--trace`: a run as lines, one for each message that a node reads, each line of its log, each signature.

import type { Message } from "../../src/codec/frames.ts";
import { toHex } from "../../src/codec/hex.ts";
import { hashIn } from "../checks/signatures.ts";
import { nameOf, showCertificate, showRoundCertificate } from "../scenario/show.ts";
import type { Machine, MachineEvents } from "../world/machine.ts";

const STEPS = ["", "proposal", "prevote", "precommit"];

/** `events`, each of which is also said in a line. */
export function traced(
  events: MachineEvents,
  say: (line: string) => void,
  nowMs: () => number,
): MachineEvents {
  const line = ({ options }: Machine, text: string): void =>
    say(`${nowMs().toFixed(1).padStart(9)} ms  v${options.index}  ${text}`);
  return {
    ...events,
    signed(machine, request) {
      const { height, round, step, signBytes } = request;
      line(machine, `SIGNS ${STEPS[step]} ${height}/${round} of ${nameOf(hashIn(signBytes))}`);
      events.signed(machine, request);
    },
    refused(machine, reason) {
      line(machine, `DOES NOT SIGN: ${reason}`);
      events.refused(machine, reason);
    },
    committed(machine, certified, head) {
      line(machine, `COMMITS ${head.height}: ${showCertificate(certified.certificate)}`);
      events.committed(machine, certified, head);
    },
    punished(machine, peerId, reason) {
      line(machine, `REFUSES ${peerId.slice(0, 6)}: ${reason}`);
      events.punished(machine, peerId, reason);
    },
    heard(machine, message) {
      const shown = showMessage(message);
      if (shown !== undefined) line(machine, `  reads ${shown}`);
      events.heard?.(machine, message);
    },
    logged(machine, message, fields) {
      line(machine, `${message} ${JSON.stringify(fields, (_key, value: unknown) => plain(value))}`);
      events.logged(machine, message, fields);
    },
    stopped(machine, error) {
      line(machine, error instanceof Error ? `ENDS: ${error.message}` : "ENDS");
      events.stopped(machine, error);
    },
    forked: (machine, found) => events.forked(machine, found),
    asked: (machine, frame) => events.asked(machine, frame),
    losses: () => events.losses(),
  };
}

const plain = (value: unknown): unknown =>
  value instanceof Uint8Array ? toHex(value) : typeof value === "bigint" ? `${value}` : value;

/** Undefined for what only keeps links alive. */
function showMessage(message: Message): string | undefined {
  switch (message.type) {
    case "ping":
    case "pong":
    case "peers":
      return undefined;
    case "vote": {
      const { type, height, round, blockHash, validatorIndex } = message.vote;
      const name = type === 1 ? "prevote" : "precommit";
      return `${name} ${height}/${round} ${nameOf(blockHash)} by ${validatorIndex}`;
    }
    case "proposal":
    case "compactProposal": {
      const { height, round, validRound, blockHash, proposerIndex } = message.proposal.proposal;
      return `${message.type} ${height}/${round} ${nameOf(blockHash)} by ${proposerIndex}, valid round ${validRound}`;
    }
    case "certificate":
      return `${message.certificate.height}: ${showCertificate(message.certificate)}`;
    case "roundCertificate":
      return `${message.certificate.height}: ${showRoundCertificate(message.certificate)}`;
    case "status":
      return `status, height ${message.status.height}`;
    default:
      return message.type;
  }
}
