// What peers that are no validators say in validators' names: forgers lose the link, followers never do.

import { describe, expect, it } from "vitest";
import { DriverNetwork, type LoosePeer } from "../../../test/driver-network.ts";
import type { TestNode } from "../../../test/driver-node.ts";
import type { Message } from "../../codec/frames.ts";
import { groupVotes } from "../../consensus/round-certificate.ts";
import { type Certificate, PRECOMMIT, PREVOTE } from "../../types/chain.ts";
import { EVERY_MS } from "./stranger-words.ts";

const ZEROS = new Uint8Array(32);

function withStranger() {
  const network = new DriverNetwork();
  network.start();
  network.untilHeight(5);
  const stranger = network.loosePeer();
  network.until("it is linked", () => stranger.links.length >= 4);
  return { network, stranger, node: network.at(0) };
}

const isLinked = (peer: LoosePeer, { options }: TestNode): boolean =>
  peer.links.some(({ id }) => id === options.id);

function certificateOf(node: TestNode, height: number): Certificate {
  const certified = node.store.block(height);
  if (certified === undefined) throw new Error(`no block ${height}`);
  return certified.certificate;
}

const forged = (certificate: Certificate, changed: Partial<Certificate>): Message => ({
  type: "certificate",
  certificate: { ...certificate, ...changed },
});

const FORGERIES: readonly (readonly [
  string,
  (network: DriverNetwork, height: number) => Message,
])[] = [
  [
    "a certificate of another block",
    (network) => forged(certificateOf(network.at(0), 3), { blockHash: new Uint8Array(32).fill(9) }),
  ],
  [
    "a certificate of the block with other signatures",
    (network) => {
      const certificate = certificateOf(network.at(0), 3);
      const signatures = certificate.signatures.map(() => new Uint8Array(64).fill(1));
      return forged(certificate, { signatures });
    },
  ],
  [
    "a certificate of the height in progress",
    (network, height) => forged(certificateOf(network.at(0), 3), { height }),
  ],
  [
    "a vote",
    (network, height) => {
      const vote = network.voteOf(1, { type: PREVOTE, height, round: 0, blockHash: ZEROS });
      return { type: "vote", vote: { ...vote, signature: new Uint8Array(64).fill(1) } };
    },
  ],
  [
    "a round certificate",
    (network, height) => {
      const votes = [0, 1, 2].map((index) => ({
        ...network.voteOf(index, { type: PRECOMMIT, height, round: 0, blockHash: ZEROS }),
        signature: new Uint8Array(64).fill(1),
      }));
      const groups = groupVotes(votes, 4);
      const certificate = { kind: "precommits", height, round: 1, groups } as const;
      return { type: "roundCertificate", certificate };
    },
  ],
];

describe("a stranger", () => {
  it.each(FORGERIES)("that forges %s is banned", (_, forge) => {
    const { network, stranger, node } = withStranger();
    stranger.send(node, forge(network, node.height + 1));
    network.run(EVERY_MS);
    expect(isLinked(stranger, node)).toBe(true);
    stranger.send(node, forge(network, node.height + 1));
    network.run(50);
    expect(isLinked(stranger, node)).toBe(false);
    expect(node.metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(1);
    network.untilHeight(node.height + 3);
    network.checkSafety();
  });

  it("that floods forged certificates has one verified", () => {
    const { network, stranger, node } = withStranger();
    const certificate = certificateOf(node, 3);
    const flood = (): void => {
      for (let round = 1; round <= 500; round++)
        stranger.send(node, forged(certificate, { round }));
    };
    flood();
    network.run(EVERY_MS);
    flood();
    network.run(50);
    expect(isLinked(stranger, node)).toBe(false);
    expect(node.metrics.value("p2p_dropped_total", { reason: "notValidator" })).toBe(999);
  });

  it("that shows the certificate of each height keeps its link, also of heights that have not come here", () => {
    const { network, stranger, node } = withStranger();
    network.untilHeight(100);
    for (const height of [1, 5, node.height, node.height - 20]) {
      stranger.send(node, { type: "certificate", certificate: certificateOf(node, height) });
      network.run(6_000);
    }
    const ahead = forged(certificateOf(node, 9), { height: node.height + 1_000 });
    stranger.send(node, ahead);
    network.run(6_000);
    expect(isLinked(stranger, node)).toBe(true);
    expect(node.metrics.value("p2p_bans_total", { reason: "protocol" })).toBe(0);
    network.checkSafety();
  });
});
