// The shape of genesis.json: names, defaults and bounds of its fields. Strict, so that a misspelt
// parameter is refused and never silently replaced by its default. What no schema can say (sums,
// distinct keys, proofs) is checked by ../genesis.ts, the only caller.

import { z } from "zod";
import { MAX_SATOSHI } from "../codec/amount.ts";
import {
  MAX_ALLOCATIONS,
  MAX_BLOCK_BYTES,
  MAX_BLOCK_TXS,
  MAX_CHAIN_ID_BYTES,
  MAX_TX_BYTES,
  MAX_VALIDATORS,
} from "../types/limits.ts";

export const MAX_NAME_BYTES = 63;

const hex = (sizeBytes: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[0-9a-f]{${sizeBytes * 2}}$`),
      `must be ${sizeBytes * 2} lowercase hex digits`,
    );

const satoshi = z
  .union([z.string().regex(/^(0|[1-9]\d{0,19})$/), z.int().min(0)], "must be whole satoshi")
  .transform((value) => BigInt(value))
  .refine((value) => value <= MAX_SATOSHI, "is above 64 bits");

const milliseconds = z.int().min(1).max(3_600_000);

const ParametersSchema = z.strictObject({
  minBlockMs: milliseconds.optional(),
  emptyBlockIntervalMs: milliseconds.default(1_000),
  maxBlockBytes: z.int().min(MAX_TX_BYTES).max(MAX_BLOCK_BYTES).default(MAX_BLOCK_BYTES),
  maxBlockTxs: z.int().min(1).max(MAX_BLOCK_TXS).default(MAX_BLOCK_TXS),
  minFee: satoshi.default(1_000n),
  feePermille: z.int().min(0).max(1_000).default(1),
  dust: satoshi.default(546n),
  maxEvidenceAgeBlocks: z.int().min(1).max(100_000_000).default(120_960),
  precisionMs: milliseconds.default(500),
  messageDelayMs: milliseconds.default(2_000),
  faultInjection: z.boolean().default(false),
});

/** The shape of genesis.json; parseGenesis also checks what no schema can say. */
export const GenesisFileSchema = z.strictObject({
  chainId: z
    .string()
    .regex(
      new RegExp(`^[a-z0-9][a-z0-9-]{0,${MAX_CHAIN_ID_BYTES - 1}}$`),
      "must be 1 to 48 lowercase letters, digits or dashes and start with no dash",
    ),
  profile: z.enum(["Mainnet", "Testnet", "Devnet"]),
  nonce: hex(32),
  timeMs: z.int().min(1),
  parameters: ParametersSchema.prefault({}),
  validators: z
    .array(
      z.strictObject({
        name: z
          .string()
          .max(MAX_NAME_BYTES)
          .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "must be a lowercase DNS name"),
        publicKey: hex(32),
        nodeKey: hex(32),
        possession: hex(64),
        nodePossession: hex(64),
      }),
    )
    .min(1)
    .max(MAX_VALIDATORS),
  allocations: z
    .array(z.strictObject({ address: z.string(), amount: z.string() }))
    .max(MAX_ALLOCATIONS),
});

/** genesis.json as a program writes it; every parameter may be left to its default. */
export type GenesisFile = z.input<typeof GenesisFileSchema>;
export type ParsedGenesisFile = z.output<typeof GenesisFileSchema>;
