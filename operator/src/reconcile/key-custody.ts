/**
 * The key Secrets: made once by POST, read by name, never listed, never written again. Only public
 * halves are remembered, for five minutes; seeds live for the length of one call. A create that meets
 * an existing Secret reads that one: the first one made is the member's identity.
 */

import { toHex } from "@timecoin/node/codec/hex";
import { formatSeed, loadSeed } from "@timecoin/node/key-file";
import { generateKeyPair, keyHashOf, nodeIdOf } from "@timecoin/node/keys";
import { LRUCache } from "lru-cache";
import type { BuildContext, Identity } from "../desired/context.ts";
import {
  type KeyFiles,
  keysSecret,
  NODE_KEY_FILE,
  VALIDATOR_KEY_FILE,
} from "../desired/keys-secret.ts";
import { keysName, type Member } from "../desired/names.ts";
import type { Clock } from "../kube/clock.ts";
import { isAlreadyExists, isNotFound } from "../kube/errors.ts";
import type { KubeHttp } from "../kube/http.ts";
import { KINDS } from "../kube/kinds.ts";
import type { KubeObject } from "../kube/types.ts";
import type { IdentityFacts } from "../plan/facts.ts";

export interface KeyCustodyOptions {
  readonly http: Pick<KubeHttp, "get" | "create">;
  readonly clock: Clock;
  /** Bytes of a cryptographic source. */
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
}

export interface MemberSeeds {
  readonly validatorSeed: Uint8Array | undefined;
  readonly nodeSeed: Uint8Array;
}

type Place = { readonly name: string; readonly namespace: string };
type Loaded =
  | { readonly ok: true; readonly seeds: MemberSeeds; readonly identity: Identity }
  | { readonly ok: false; readonly reason: string };

const REMEMBER_MS = 300_000;
const MAX_REMEMBERED = 10_000;

export class KeyCustody {
  readonly #options: KeyCustodyOptions;
  readonly #remembered = new LRUCache<
    string,
    { readonly identity: Identity; readonly readMs: number }
  >({ max: MAX_REMEMBERED });

  constructor(options: KeyCustodyOptions) {
    this.#options = options;
  }

  /** The member's identity by its Secret; at most five minutes old. */
  async identityOf(network: Place, member: Member): Promise<IdentityFacts> {
    const key = `${network.namespace}/${keysName(network.name, member.name)}`;
    const known = this.#remembered.get(key);
    const nowMs = this.#options.clock.monotonicMs();
    if (known !== undefined && nowMs - known.readMs < REMEMBER_MS) {
      return { state: "Present", identity: known.identity };
    }
    const loaded = await this.#load(network, member);
    if (loaded === undefined) return { state: "Missing" };
    if (!loaded.ok) return { state: "Damaged", reason: loaded.reason };
    this.#remembered.set(key, { identity: loaded.identity, readMs: nowMs });
    wipe(loaded.seeds);
    return { state: "Present", identity: loaded.identity };
  }

  /** Makes the member's keys, unless its Secret is there already. True where it made them. */
  async create(context: BuildContext, member: Member): Promise<boolean> {
    const { randomBytes, http } = this.#options;
    const seeds = {
      validatorSeed: member.role === "Validator" ? randomBytes(32) : undefined,
      nodeSeed: randomBytes(32),
    };
    const secret = keysSecret(context, member, {
      files: filesOf(seeds),
      identity: identityOfSeeds(seeds),
    });
    try {
      await http.create(KINDS.Secret, secret);
      return true;
    } catch (error) {
      if (isAlreadyExists(error)) return false;
      throw error;
    } finally {
      wipe(seeds);
    }
  }

  /** The member's seeds, read now. The caller wipes them. Undefined where missing or damaged. */
  async seedsOf(network: Place, member: Member): Promise<MemberSeeds | undefined> {
    const loaded = await this.#load(network, member);
    return loaded?.ok === true ? loaded.seeds : undefined;
  }

  async #load(network: Place, member: Member): Promise<Loaded | undefined> {
    const name = keysName(network.name, member.name);
    try {
      const ref = { kind: KINDS.Secret, namespace: network.namespace, name };
      return loadedFrom(await this.#options.http.get(ref), member);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** Overwrites the seeds: they are needed no more. */
export function wipe({ validatorSeed, nodeSeed }: MemberSeeds): void {
  validatorSeed?.fill(0);
  nodeSeed.fill(0);
}

function filesOf({ validatorSeed, nodeSeed }: MemberSeeds): KeyFiles {
  return {
    ...(validatorSeed === undefined ? {} : { validator: formatSeed(validatorSeed) }),
    node: formatSeed(nodeSeed),
  };
}

function identityOfSeeds({ validatorSeed, nodeSeed }: MemberSeeds): Identity {
  const nodeKey = generateKeyPair(nodeSeed).publicKey;
  if (validatorSeed === undefined) {
    return { publicKey: undefined, keyHash: toHex(keyHashOf(nodeKey)), nodeID: nodeIdOf(nodeKey) };
  }
  const { publicKey } = generateKeyPair(validatorSeed);
  return {
    publicKey: toHex(publicKey),
    keyHash: toHex(keyHashOf(publicKey)),
    nodeID: nodeIdOf(nodeKey),
  };
}

function loadedFrom(secret: KubeObject, member: Member): Loaded {
  const node = fileIn(secret, NODE_KEY_FILE);
  if (!node.ok) return node;
  if (member.role === "FullNode") {
    const seeds = { validatorSeed: undefined, nodeSeed: node.seed };
    return { ok: true, seeds, identity: identityOfSeeds(seeds) };
  }
  const validator = fileIn(secret, VALIDATOR_KEY_FILE);
  if (!validator.ok) return validator;
  const seeds = { validatorSeed: validator.seed, nodeSeed: node.seed };
  return { ok: true, seeds, identity: identityOfSeeds(seeds) };
}

type LoadedFile =
  | { readonly ok: true; readonly seed: Uint8Array }
  | { readonly ok: false; readonly reason: string };

function fileIn(secret: KubeObject, file: string): LoadedFile {
  const encoded = secret.data?.[file];
  if (encoded === undefined) return { ok: false, reason: `has no ${file}` };
  const parsed = loadSeed(Buffer.from(encoded, "base64").toString("utf8"), file);
  return parsed.ok ? { ok: true, seed: parsed.value.seed } : { ok: false, reason: parsed.reason };
}
