// The validators' part of the naive ledger (naive-ledger.ts): nothing is kept but the history of the
// chain, and every answer is worked out from its beginning each time. Shares only types with src/ledger.

import { createHash } from "node:crypto";
import type { verifyByOpenSsl } from "../src/crypto/testing/verify-openssl.ts";
import type { Block, Validator, ValidatorSet } from "../src/types/chain.ts";
import type { Evidence, SignedStatement } from "../src/types/evidence.ts";

export const little = (value: bigint | number, size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let i = 0, rest = BigInt(value); i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
};
export const tag = (name: string): Buffer => Buffer.from(name.padEnd(16, "\0"), "latin1");
export const sha = (...parts: Uint8Array[]): Buffer =>
  createHash("sha256").update(Buffer.concat(parts)).digest();
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const memberBytes = (v: Validator): Buffer =>
  Buffer.concat([v.publicKey, v.nodeKey, little(v.power, 4)]);
export const setHash = (set: ValidatorSet): Buffer =>
  sha(tag("TIME/valset/1"), ...set.map(memberBytes));

const statementBytes = (s: SignedStatement): Buffer =>
  Buffer.concat([little(s.validRound + 1, 4), s.blockHash, s.signature]);

/** The leaf of the evidence root. */
export const naiveEvidenceId = (e: Evidence): Buffer =>
  sha(
    tag("TIME/evidence/1"),
    little(["", "doublePrevote", "doublePrecommit", "doubleProposal"].indexOf(e.kind), 1),
    e.publicKey,
    little(e.height, 8),
    little(e.round, 4),
    statementBytes(e.first),
    statementBytes(e.second),
  );

interface Slot {
  failures: number;
  through: number;
}

/** What a block says of the validators: the round of the certificate in it, and whom it convicts. */
interface BlockRecord {
  readonly lastRound: number | undefined;
  readonly convicted: readonly string[];
}

export class NaiveValidators {
  readonly #genesis: ValidatorSet;
  /** By height; that of genesis is 0. */
  readonly hashes: string[];
  /** By height, from 1: leader keys in order. */
  readonly #orders: string[][] = [[]];
  /** By height, from 1. */
  readonly #blocks: BlockRecord[] = [{ lastRound: undefined, convicted: [] }];

  constructor(genesis: ValidatorSet, genesisHash: string) {
    this.#genesis = genesis;
    this.hashes = [genesisHash];
  }

  copy(): NaiveValidators {
    const other = new NaiveValidators(this.#genesis, this.hashes[0] ?? "");
    other.hashes.push(...this.hashes.slice(1));
    other.#orders.push(...this.#orders.slice(1));
    other.#blocks.push(...this.#blocks.slice(1));
    return other;
  }

  get #height(): number {
    return this.#blocks.length - 1;
  }

  /** Adds a block, whose hash follows once its root is known. */
  advance({ lastCommit, evidence }: Pick<Block, "lastCommit" | "evidence">): void {
    this.#orders.push(this.leaders());
    const convicted = evidence.map(({ publicKey }) => hexOf(publicKey));
    this.#blocks.push({ lastRound: lastCommit?.round, convicted });
  }

  setAt(height: number): ValidatorSet {
    const gone = this.#blocks.flatMap((b, at) => (at + 2 <= height ? b.convicted : []));
    return this.#genesis.filter((v) => !gone.includes(hexOf(v.publicKey)));
  }

  /** Keys that lead the next height, in order. */
  leaders(): string[] {
    const height = this.#height + 1;
    const set = this.setAt(height);
    const seed = Buffer.from(this.#seedOf(Math.floor((height - 1) / 60)), "hex");
    const rankOf = (key: string) =>
      hexOf(sha(tag("TIME/leader/1"), seed, Buffer.from(key, "hex"))) + key;
    const keys = set.map((v) => hexOf(v.publicKey));
    const order = keys.sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
    const jailed = this.#blocks.flatMap((b) => b.convicted);
    const due = [...this.#slots()].filter(([, slot]) => slot.through >= height);
    due.sort(([a, x], [b, y]) => y.failures - x.failures || (a < b ? -1 : 1));
    const present = due.map(([key]) => key).filter((key) => keys.includes(key));
    const out = [...jailed, ...present.slice(0, Math.floor((set.length - 1) / 3))];
    const eligible = order.filter((key) => !out.includes(key));
    return eligible.length === 0 ? order : eligible;
  }

  #seedOf(epoch: number): string {
    return this.hashes[Math.max(0, (epoch - 1) * 60)] ?? "";
  }

  #slots(): Map<string, Slot> {
    const slots = new Map<string, Slot>();
    for (let at = 2; at <= this.#height; at++) {
      const order = this.#orders[at - 1] ?? [];
      const decided = this.#blocks[at]?.lastRound ?? 0;
      const leader = (round: number) => order[(at - 1 + round) % order.length] ?? "";
      for (let round = 0; round < decided; round++) {
        const failures = Math.min(6, (slots.get(leader(round))?.failures ?? 0) + 1);
        const skip = Math.min(64, 2 ** failures);
        slots.set(leader(round), { failures, through: failures > 1 ? at + skip : 0 });
      }
      slots.delete(leader(decided));
    }
    const members = this.setAt(this.#height + 2).map((v) => hexOf(v.publicKey));
    for (const key of slots.keys()) if (!members.includes(key)) slots.delete(key);
    return new Map([...slots].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What the state root covers of the validators after the last block. */
  hash(): Buffer {
    const height = this.#height;
    const last = height === 0 ? this.#genesis : this.setAt(height);
    const places = (this.#orders[height] ?? []).map((key) =>
      little(
        last.findIndex((v) => hexOf(v.publicKey) === key),
        2,
      ),
    );
    const graves = this.#genesis.flatMap((v) => {
      const at = this.#blocks.findIndex((b) => b.convicted.includes(hexOf(v.publicKey)));
      return at === -1 ? [] : [Buffer.concat([memberBytes(v), little(at, 8)])];
    });
    const slots = [...this.#slots()].map(([key, { failures, through }]) =>
      Buffer.concat([Buffer.from(key, "hex"), little(failures, 1), little(through, 8)]),
    );
    const lists = [places, graves, slots].map((list) => Buffer.concat(list));
    const offsets = [76, 76 + (lists[0]?.length ?? 0)];
    offsets.push((offsets[1] ?? 0) + (lists[1]?.length ?? 0));
    const epoch = Math.floor((height - 1) / 60);
    return sha(
      tag("TIME/vstate/1"),
      ...[last, this.setAt(height + 1), this.setAt(height + 2)].map(setHash),
      ...offsets.map((offset) => little(offset, 4)),
      Buffer.from(this.#seedOf(epoch), "hex"),
      Buffer.from(this.#seedOf(epoch + 1), "hex"),
      ...lists,
    );
  }

  /** What is wrong with a block's evidence; the genesis hash and the oldest age that counts are given. */
  fault(
    evidence: readonly Evidence[],
    rules: {
      genesisHash: Uint8Array;
      maxEvidenceAgeBlocks: number;
      maxBlockBytes: number;
      verify: typeof verifyByOpenSsl;
    },
  ): string | undefined {
    const height = this.#height + 1;
    if (evidence.length * 245 > Math.floor(rules.maxBlockBytes / 10)) return "evidence size";
    const seen: string[] = [];
    const left = new Set(this.setAt(height + 1).map((v) => hexOf(v.publicKey)));
    for (const e of evidence) {
      const key = hexOf(e.publicKey);
      if (seen.some((other) => other >= key)) return "evidence order";
      seen.push(key);
      if (!left.delete(key)) return "evidence key";
      const age = height - e.height;
      if (e.height < 1 || age < 1 || age > rules.maxEvidenceAgeBlocks) return "evidence height";
      const isProposal = e.kind === "doubleProposal";
      const sameRound = e.first.validRound === e.second.validRound;
      const sameHash = hexOf(e.first.blockHash) === hexOf(e.second.blockHash);
      if (sameHash && (sameRound || !isProposal)) return "evidence of one value";
      for (const s of [e.first, e.second]) {
        const place = [little(e.height, 8), little(e.round, 4)];
        const message = isProposal
          ? [tag("TIME/proposal/1"), rules.genesisHash, ...place, little(s.validRound + 1, 4)]
          : [
              tag("TIME/vote/1"),
              rules.genesisHash,
              little(e.kind === "doublePrevote" ? 1 : 2, 1),
              ...place,
            ];
        const bytes = Buffer.concat([...message, s.blockHash]);
        if (!rules.verify(s.signature, bytes, e.publicKey)) return "evidence signature";
      }
    }
    return evidence.length > 0 && left.size === 0 ? "evidence against all" : undefined;
  }
}
