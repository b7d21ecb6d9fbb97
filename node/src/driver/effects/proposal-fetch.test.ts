// A block that is known by its polka only, through whole nodes: asked for, had, locked on in time. And the
// bounds of asking and answering.

import { describe, expect, it } from "vitest";
import { DriverNetwork } from "../../../test/driver-network.ts";
import type { Message } from "../../codec/frames.ts";
import { toHex } from "../../codec/hex.ts";
import { CoreView } from "../../consensus/core-view.ts";
import { leaderOf } from "../../consensus/proposer.ts";
import { initialState, roundOf } from "../../consensus/state.ts";
import { blockHashOf } from "../../crypto/ids.ts";
import { PREVOTE } from "../../types/chain.ts";
import { invariant } from "../../types/errors.ts";
import { AnswerQuota } from "../peers/answer-quota.ts";
import { PeerBook } from "../peers/peer-book.ts";
import { ProposalFetch } from "./proposal-fetch.ts";

const PROPOSAL = 0x10;
const VOTE = 0x11;
const ROUND_CERTIFICATE = 0x13;

/**
 * Four nodes; at height 3 the leader's proposal does not reach c, and the leader's precommits reach
 * nobody, nor do others' reach it: without c's precommit round 0 cannot decide.
 */
function missedProposal() {
  const ids = { leader: "", c: "" };
  const network = new DriverNetwork({
    parameters: { emptyBlockIntervalMs: 5_000 },
    delayMs: (from, to, frame) => {
      if (ids.c === "" || frame === undefined) return 2;
      const isPrecommit = frame[0] === VOTE && frame[1] === 2;
      const isApart = isPrecommit && (from === ids.leader || to === ids.leader);
      const isUnheard = frame[0] === PROPOSAL && from === ids.leader && to === ids.c;
      return isApart || isUnheard || frame[0] === ROUND_CERTIFICATE ? undefined : 2;
    },
  });
  network.start();
  network.untilHeight(2);
  network.run(1_000);
  const index = leaderOf(network.at(0).node.driver.core.context, 0);
  const leader = network.nodes.find((_, i) => network.setIndexOf(i) === index);
  const c = network.nodes.find((node) => node !== leader);
  invariant(leader !== undefined && c !== undefined, "four nodes");
  ids.leader = leader.options.id;
  ids.c = c.options.id;
  return { network, c };
}

describe("a polka whose block has not come", () => {
  it("leads to the block, in time for the round to decide", () => {
    const { network, c } = missedProposal();
    network.untilHeight(3);
    network.checkSafety();
    expect(network.at(0).store.block(3)?.certificate.round).toBe(0);
    const sent = (type: string) =>
      c.metrics.value("p2p_messages_total", { direction: "out", type });
    expect(sent("getProposal")).toBeGreaterThan(0);
    expect(sent("getProposal")).toBeLessThanOrEqual(3);
    expect(network.signed.filter((place) => place.startsWith(`${c.name}/3/0/`)).length).toBe(2);
  });
});

describe("a request for a proposal", () => {
  it("is answered for a validator, with what is held, a bounded number of times", () => {
    const network = new DriverNetwork({ parameters: { emptyBlockIntervalMs: 20_000 } });
    network.start();
    network.untilHeight(2);
    network.run(1_000);
    const index = leaderOf(network.at(0).node.driver.core.context, 0);
    const place = network.nodes.findIndex((_, i) => network.setIndexOf(i) === index);
    const { block } = network.at(place).node.chain.build(0, network.clock.nowMs(), {
      candidates: [],
      evidence: [],
    });
    network.at(place).crash();
    const peer = network.loosePeer(place);
    const stranger = network.loosePeer();
    network.until("both are linked", () => peer.links.length + stranger.links.length === 6, 5_000);
    const a = network.nodes[place === 0 ? 1 : 0];
    invariant(a !== undefined, "another node");
    peer.send(a, { type: "proposal", proposal: network.proposalOf(block, 0) });
    const blockHash = blockHashOf(block.header);
    const ask = (hash: Uint8Array, height = 3): Message => ({
      type: "getProposal",
      height,
      blockHash: hash,
    });
    peer.send(a, ask(new Uint8Array(32)));
    peer.send(a, ask(blockHash, 4));
    const asked = 200;
    for (let i = 0; i < asked; i++) for (const by of [peer, stranger]) by.send(a, ask(blockHash));
    network.run(20);
    const answers = peer.heard.filter(({ type }) => type === "proposal");
    // The burst, in answers that count for the least, and one of debt; what is not held costs nothing.
    const burst = (4 * 1024 * 1024) / (32 * 1024) + 1;
    expect(answers.length).toBe(burst);
    expect(answers[0]).toEqual({ type: "proposal", proposal: network.proposalOf(block, 0) });
    expect(stranger.heard.filter(({ type }) => type === "proposal")).toEqual([]);
    expect(a.metrics.value("p2p_dropped_total", { reason: "proposalQuota" })).toBe(
      2 * asked - burst,
    );
    expect(peer.links.some(({ id }) => id === a.options.id)).toBe(true);
  });

  it("goes to three signers at a time, to others when it is made again", () => {
    const network = new DriverNetwork({ validators: 7 });
    const { set } = network;
    const hash = new Uint8Array(32).fill(5);
    const state = initialState({
      timeoutProposeMs: 1,
      timeoutVoteMs: 1,
      timeoutGrowth: 1,
      maxTimeoutMs: 1,
      precisionMs: 1,
      messageDelayMs: 1,
    });
    state.context = { ...state.context, height: 1, validators: set };
    const peers = new PeerBook(set);
    for (const [i, { nodeKey }] of set.entries()) {
      const link = { address: "", outbound: true, connectedAtMs: 0, version: 2 };
      peers.connected({ id: `p${i}`, nodeKey, role: "validator", ...link });
      const blockHash = i < 5 ? hash : new Uint8Array(32);
      const vote = { type: PREVOTE, height: 1, round: 0, validatorIndex: i, blockHash } as const;
      roundOf(state, 0).prevotes.votes[i] = { ...vote, signature: new Uint8Array(64) };
    }
    const asked: string[] = [];
    const outbound = {
      to: (id: string, { type }: Message) => type === "getProposal" && asked.push(id) > 0,
      measured: () => 0,
    };
    const fetch = new ProposalFetch({
      peers,
      outbound,
      answers: new AnswerQuota({ clock: network.clock, peers, outbound }),
      metrics: network.at(0).metrics,
      core: new CoreView(() => state),
    });
    const effect = { type: "fetchProposal", height: 1, round: 0, blockHash: toHex(hash) } as const;
    for (let i = 0; i < 3; i++) {
      fetch.ask(effect);
      asked.push("-");
    }
    expect(asked.join(" ")).toBe("p0 p1 p2 - p3 p4 - p0 p1 p2 -");
  });
});
