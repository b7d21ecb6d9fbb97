// The JSON of /status: what a node says of itself. The operator, the end-to-end tests and the devnet
// parse it with this very schema (`@timecoin/node/status`). It changes additively only; readers drop
// fields they do not know. Claims, not proofs: whoever must be sure verifies certificates. Pure.

import { z } from "zod";

const hash = (what: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(what);
const whole = (what: string) => z.int().min(0).describe(what);

export const SyncState = z.enum(["starting", "catchingUp", "caughtUp"]);

export const NodeStatusSchema = z.object({
  version: z.string().describe("Version of the program"),
  chainId: z.string().describe("Name of the chain"),
  genesisHash: hash("Identity of the network"),
  height: whole("Last committed height; 0 before the first block"),
  blockHash: hash("Its hash; the genesis hash at height 0"),
  lastCommitAtMs: z
    .int()
    .nullable()
    .describe("Local time of the last commit since the process started; null before it"),
  emptyBlockIntervalMs: whole("Time between blocks while there are no transactions"),
  round: whole("Round of the height that consensus works on"),
  step: z.string().describe("Step of that round"),
  timeouts: z
    .object({
      proposeMs: whole("Wait for a proposal in round 0"),
      voteMs: whole("Wait for further votes after a quorum of mixed ones, in round 0"),
    })
    .optional()
    .describe("Of the height that consensus works on; they follow the links' delay"),
  validators: z.object({
    count: whole("Validators of the current height"),
    total: whole("Their voting power"),
    quorum: whole("Least power that decides: floor(2 × total / 3) + 1"),
    signedRecently: z
      .array(hash("Validator key"))
      .max(256)
      .describe("Validators in any of the last 3 certificates"),
    signedRecentlyPower: whole("Their voting power"),
    ejected: z
      .array(
        z.object({
          publicKey: hash("Validator key"),
          nodeId: z.string().describe("Of its node"),
          height: whole("Height of the block that carries the evidence"),
          outFrom: whole(
            "First height at which it votes no more; it leads none from the one before",
          ),
        }),
      )
      .max(256)
      .default([])
      .describe("Validators that signed two messages which exclude each other, since genesis"),
  }),
  self: z.object({
    nodeId: z.string().describe("Hex of the first 20 bytes of SHA-256(node key)"),
    publicKey: hash("Validator key").nullable().describe("Validator key; null where there is none"),
    validator: z.boolean().describe("True where that key votes at the current height"),
    power: whole("Its voting power; 0 where it does not vote"),
    lastSignedHeight: whole("Last height whose certificate it signed; 0 if none is known"),
    signsFrom: whole("First height that it may sign").default(1),
    signState: z
      .enum(["new", "kept", "lost"])
      .nullable()
      .default(null)
      .describe(
        "What is known of the key's signatures: new (there is none), kept (the last one), lost (nothing: it waits); null without a key",
      ),
    notSigning: z
      .string()
      .nullable()
      .default(null)
      .describe(
        "Why its validator key signs nothing now, and until when, if ever; null where it may sign, and without a key",
      ),
    clockOffsetMs: z
      .int()
      .nullable()
      .default(null)
      .describe(
        "Median of the other validators' clocks less the own one, as far as no delay of the links explains it; null below 2f of them",
      ),
  }),
  peers: z.object({
    connected: whole("Open links"),
    inbound: whole("Of these, dialled by the other side"),
    validators: whole("Of these, with validators"),
  }),
  sync: z.object({
    state: SyncState.describe("Where catching up stands"),
    targetHeight: whole("Highest height that peers with a verified certificate have"),
    joining: z
      .string()
      .nullable()
      .default(null)
      .describe("What it does or waits for while it joins by snapshot; null at any other time"),
  }),
  draining: z.boolean().describe("True once the process was told to stop"),
});

export type NodeStatus = z.output<typeof NodeStatusSchema>;
