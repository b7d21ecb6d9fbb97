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
      "driver/chain/block-run.ts",
      '  if (!equalBytes(certificate.blockHash, blockHashOf(block.header)))\n    return "its certificate is of another block";\n',
      "",
    ),
  ),
  bug(
    "catch-up takes a block that nobody certified",
    edit(
      "driver/chain/block-run.ts",
      "  return refuseCertificate(set, certificate);\n",
      "  return undefined;\n",
    ),
  ),
  bug(
    "catch-up takes a polka for a commit",
    edit("driver/chain/block-run.ts", "certificate.type !== PRECOMMIT || ", ""),
  ),
  bug(
    "own signatures are looked for in the first block of a run only",
    edit(
      "driver/driver.ts",
      "for (const block of blocks) this.#watches.past.decided(block);",
      "for (const block of blocks.slice(0, 1)) this.#watches.past.decided(block);",
    ),
  ),
  bug(
    "of a run the first block alone is learned",
    edit("driver/driver.ts", "hold.learned(height + blocks.length - 1)", "hold.learned(height)"),
  ),
  bug(
    "blocks are not asked for",
    edit(
      "driver/peers/block-sync.ts",
      "    for (const range of planRequests(facts)) {",
      "    for (const range of planRequests(facts).slice(0, 0)) {",
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
