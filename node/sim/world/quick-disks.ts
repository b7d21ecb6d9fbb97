// Log and sign state without file formats, for fast runs: lists in memory that keep the promises of both
// ports. A record survives a crash only after sync(); a signature leaves only after its place is durable,
// and the guard that decides what may be signed is the production rule (adapters/sign-guard.ts).

import type { CrashKeeps } from "../../src/adapters/memory/memory-disk.ts";
import { guardSigning, type SignedPlace } from "../../src/adapters/sign-guard.ts";
import type { SigningKey } from "../../src/crypto/keys.ts";
import type { LastingSigner, SignRequest, SignResult, Wal } from "../../src/ports.ts";
import type { Height } from "../../src/types/chain.ts";
import { CodedError } from "../../src/types/errors.ts";
import type { Disks, DiskTrouble, OpenDisks } from "./disks.ts";
import type { ProcessGate } from "./process-gate.ts";

/** The records of one height. Only ever longer, so that what is durable of it is a count. */
interface HeightLog {
  readonly height: Height;
  readonly records: Uint8Array[];
}

const emptyLog = (height: Height): HeightLog => ({ height, records: [] });

export class QuickDisks implements Disks {
  trouble: DiskTrouble;
  lies = false;
  readonly #key: SigningKey;
  #log = emptyLog(0);
  #durable = this.#log;
  #durableCount = 0;
  #last: SignedPlace | undefined;
  #isLost = false;
  #minHeight: Height = 0;

  /** @param last what the key signed in blocks that stand already. */
  constructor(key: SigningKey, last?: SignedPlace) {
    this.#key = key;
    this.#last = last;
  }

  open(gate: ProcessGate): OpenDisks {
    return { wal: this.#openLog(gate), signer: this.#openSigner(gate) };
  }

  crash(keeps: CrashKeeps): void {
    if (this.lies) this.#last = undefined;
    const isExtended = this.#log === this.#durable;
    const { height, records } = this.#durable;
    const unsynced = isExtended ? records.length - this.#durableCount : 0;
    if (keeps === "everything") this.#sync();
    else {
      const kept = keeps === "half" ? unsynced >> 1 : 0;
      this.#log = { height, records: records.slice(0, this.#durableCount + kept) };
      this.#sync();
    }
  }

  wipe(): void {
    this.renew();
    this.#isLost = true;
  }

  renew(): void {
    this.#log = emptyLog(0);
    this.#sync();
    this.#last = undefined;
    this.#isLost = false;
    this.#minHeight = 0;
  }

  #sync(): void {
    this.#durable = this.#log;
    this.#durableCount = this.#log.records.length;
  }

  #change(gate: ProcessGate, code: "WAL" | "SIGN"): void {
    gate.pass("disk");
    if (this.trouble === undefined) return;
    if (code === "SIGN") throw new CodedError("SIGN_DISK", `${this.trouble}: simulated`);
    const walCode = this.trouble === "EIO" ? "WAL_IO" : "WAL_DISK_FULL";
    throw new CodedError(walCode, `${this.trouble}: simulated`);
  }

  #openLog(gate: ProcessGate): Wal {
    const current = (): HeightLog => this.#log;
    return {
      get height() {
        return current().height;
      },
      append: (record) => {
        current().records.push(record.slice());
      },
      sync: () => {
        const isDurable = current() === this.#durable;
        if (isDurable && current().records.length === this.#durableCount) return;
        this.#change(gate, "WAL");
        if (!this.lies) this.#sync();
      },
      replay: (height) => (height === current().height ? current().records.slice() : []),
      reset: (height) => {
        this.#log = emptyLog(height);
      },
      close: () => undefined,
    };
  }

  #openSigner(gate: ProcessGate): LastingSigner {
    const last = (): SignedPlace | undefined => this.#last;
    const isLost = (): boolean => this.#isLost && this.#last === undefined;
    const minHeight = (): Height => this.#minHeight;
    return {
      publicKey: this.#key.publicKey,
      get minHeight() {
        return minHeight();
      },
      get last() {
        return last();
      },
      get isLost() {
        return isLost();
      },
      forget: (height) => {
        this.#change(gate, "SIGN");
        this.#minHeight = Math.max(this.#minHeight, this.#last?.height ?? 0, height);
        this.#last = undefined;
        this.#isLost = true;
        gate.pass("disk");
      },
      sign: (request: SignRequest): SignResult => {
        const verdict = guardSigning(this.#last, this.#minHeight, request);
        if (!verdict.sign) return verdict.result;
        const { height, round, step } = request;
        const signBytes = request.signBytes.slice();
        const signature = this.#key.sign(signBytes);
        this.#change(gate, "SIGN");
        this.#last = { height, round, step, signBytes, signature };
        // It may die with the place durable and the signature not yet let out.
        gate.pass("disk");
        return { ok: true, signature };
      },
    };
  }
}
