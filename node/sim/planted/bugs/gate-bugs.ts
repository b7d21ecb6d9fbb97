// Planted bugs in the gate before the core: what is verified of what comes from peers, and what a peer is
// answered.

import { beyondF, bug, edit, type PlantedBug } from "../planted-bug.ts";

export const GATE_BUGS: readonly PlantedBug[] = [
  bug(
    "the signature of a vote is not checked",
    edit(
      "driver/chain/verify-message.ts",
      "if (!verify(signature, voteSignBytes(genesisHash, vote), publicKey))",
      "if (signature.length === 0)",
    ),
  ),
  bug(
    "a vote may be signed by any validator",
    edit(
      "driver/chain/verify-message.ts",
      "if (!verify(signature, voteSignBytes(genesisHash, vote), publicKey))",
      `const bytes = voteSignBytes(genesisHash, vote);
  if (!context.validators.some((other) => verify(signature, bytes, other.publicKey)))`,
    ),
  ),
  bug(
    "a vote that was verified may come with any signature",
    edit("driver/chain/verified-votes.ts", "      equalBytes(known.signature, signature) &&\n", ""),
  ),
  bug(
    "a vote that was verified is good for any block",
    edit(
      "driver/chain/verified-votes.ts",
      "      equalBytes(known.blockHash, body.blockHash) &&\n",
      "",
    ),
  ),
  bug(
    "the signature of a proposal is not checked",
    edit(
      "driver/chain/verify-message.ts",
      "if (!context.verify(proposal.signature, signBytes, proposer.publicKey)) {",
      "if (signBytes.length === 0) {",
    ),
  ),
  bug(
    "the signatures of certificates are not checked",
    edit("crypto/certificate.ts", "!verify(signature, message, key)", "!message"),
  ),
  bug(
    "only the first q signatures of a certificate are checked",
    edit(
      "crypto/certificate.ts",
      "    const key = validators[i]?.publicKey;\n",
      "    if (next > quorumPower(totalPowerOf(validators))) return bad;\n    const key = validators[i]?.publicKey;\n",
    ),
  ),
  bug(
    "a proposed block is not judged",
    edit(
      "driver/intake/proposal-intake.ts",
      "const fault = chain.judge(block, blockHash);",
      "const fault = undefined;",
    ),
  ),
  bug(
    "the body of a proposal is not compared with its header",
    edit("driver/chain/verify-message.ts", "  if (!contentsMatch()) return", "  if (false) return"),
  ),
  bug(
    "a compact proposal takes any transactions",
    edit(
      "driver/intake/compact-proposals.ts",
      "expected !== undefined && equalBytes(witnessIdOf(tx), expected)",
      "expected !== undefined",
    ),
  ),
  bug(
    "certificates are not taken",
    edit("driver/intake/certificate-intake.ts", 'feed({ type: "certificate", certificate });', ""),
  ),
  bug(
    "round certificates are not taken",
    edit(
      "driver/intake/certificate-intake.ts",
      'feed({ type: "roundCertificate", certificate });',
      "",
    ),
  ),
  bug(
    "catch-up takes a block with another block's certificate",
    edit(
      "driver/effects/catch-up.ts",
      '    if (!equalBytes(certificate.blockHash, hash)) return "its certificate is of another block";\n',
      "",
    ),
  ),
  bug(
    "catch-up takes a block that nobody certified",
    edit(
      "driver/effects/catch-up.ts",
      "refuseCertificate(chain.verifyContext, certificate) ?? chain.judge",
      "chain.judge",
    ),
  ),
  bug(
    "catch-up takes a polka for a commit",
    edit("driver/effects/catch-up.ts", "certificate.type !== PRECOMMIT || ", ""),
  ),
  bug(
    "blocks are not asked for",
    edit(
      "driver/peers/block-sync.ts",
      "    for (const range of plan) {",
      "    for (const range of plan.slice(plan.length)) {",
    ),
  ),
  beyondF(
    bug(
      "a fork of the height in progress is not seen",
      edit(
        "driver/watches/fork-watch.ts",
        "    if (held !== undefined && isConflict(held, certificate)) this.#stop([held], certificate);\n",
        "",
      ),
    ),
  ),
];
