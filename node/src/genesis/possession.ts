// Proofs that the members of a genesis hold the keys it lists for them. A proof is bound to the chain
// id, to the key's role and to the other key of the same member, so that nobody can list a foreign
// key as his own or swap the two. Made by the CLI, the operator and devnets; checked by ../genesis.ts.

import { concatBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import { provePossession, publicKeyOf, type Seed } from "../crypto/pure-keys.ts";
import type { GenesisFile } from "./genesis-file.ts";

/**
 * What a key's proof of possession is about: its role (1 validator, 2 node), the key it is listed
 * with, and the chain id. The nonce is left out, so that members can hand in their proofs before
 * genesis is put together.
 */
export function possessionContext(
  chainId: string,
  role: "validator" | "node",
  partnerKey: Uint8Array,
): Uint8Array {
  const roleByte = Uint8Array.of(role === "validator" ? 1 : 2);
  return concatBytes(roleByte, partnerKey, new TextEncoder().encode(chainId));
}

export interface MemberSeeds {
  readonly validatorSeed: Seed;
  readonly nodeSeed: Seed;
}

/** A member's entry for genesis.json: its public keys and the proofs that it holds them. */
export function genesisValidatorOf(
  chainId: string,
  name: string,
  { validatorSeed, nodeSeed }: MemberSeeds,
): GenesisFile["validators"][number] {
  const publicKey = publicKeyOf(validatorSeed);
  const nodeKey = publicKeyOf(nodeSeed);
  const proof = provePossession(validatorSeed, possessionContext(chainId, "validator", nodeKey));
  const nodeProof = provePossession(nodeSeed, possessionContext(chainId, "node", publicKey));
  return {
    name,
    publicKey: toHex(publicKey),
    nodeKey: toHex(nodeKey),
    possession: toHex(proof),
    nodePossession: toHex(nodeProof),
  };
}
