// The write-ahead log in one file. append() only collects, as the bytes that are to be written; sync()
// writes what was collected in one write and makes it durable with one fdatasync. reset() takes effect
// with the next sync(): a new file with the new height and all records so far is written and synced
// beside the old one, then renamed over it, then the directory is synced. So at every moment the name
// leads to a whole log: the old height's or the new.
//
// A log that is damaged before its end is set aside whole, as <path>.damaged, and a new one begun: the
// driver then finds that the log does not reach the last signature, and signs only above it
// (docs/adr/0013).
//
// After a failed write or sync nothing is known about the disk, so every later call fails the same way
// until the log is opened again. A log of any size is taken and opened; driver/core/height-log.ts bounds what is
// written at one height. Called by the driver.

import { dirname } from "node:path";
import { equalBytes } from "../codec/bytes.ts";
import { toHex } from "../codec/hex.ts";
import type { Wal } from "../ports.ts";
import type { Height } from "../types/chain.ts";
import { CodedError, invariant } from "../types/errors.ts";
import { type Disk, type FileNumber, isDiskFull, systemDisk } from "./disk.ts";
import {
  decodeWal,
  newWalRoom,
  sizeOfWalRecord,
  WAL_HEADER_BYTES,
  WAL_RECORD_HEAD_BYTES,
  type WalRoom,
  writeWalHeader,
  writeWalRecord,
} from "./wal-format.ts";

export interface FileWalOptions {
  readonly path: string;
  /** 32 bytes; a log of another genesis is moved aside, since it proves nothing here. */
  readonly genesisHash: Uint8Array;
  readonly disk?: Disk;
}

/** A room that a large block has made larger than this is given back. */
const MAX_KEPT_BYTES = 64 * 1024;
/** Room for what is collected between two syncs, which is seldom more. */
const ROOM_BYTES = 4 * 1024;

export interface FileWalLog extends Wal {
  /** WAL_CORRUPT with the place, where a damaged log was set aside as this one was opened. */
  readonly damage: CodedError | undefined;
}

/**
 * Opens the log, or begins one of height 0. A torn tail is cut off, durably; a damaged log is set aside.
 * @throws CodedError WAL_VERSION, WAL_DISK_FULL, WAL_IO; WAL_CORRUPT from a later replay() only.
 */
export function openFileWal(options: FileWalOptions): FileWalLog {
  return new FileWal(options);
}

class FileWal implements FileWalLog {
  readonly #path: string;
  readonly #genesisHash: Uint8Array;
  readonly #disk: Disk;
  #height: Height = 0;
  /** Undefined until the first sync() of a new log or height. */
  #file: FileNumber | undefined;
  /** All of the file that is durable. */
  #durableBytes = 0;
  /** Behind room for a header: the records that the next sync() writes, used again and again. */
  #room = newWalRoom(ROOM_BYTES);
  #endBytes = WAL_HEADER_BYTES;
  #failure: CodedError | undefined;
  #closed = false;
  #damage: CodedError | undefined;

  constructor(options: FileWalOptions) {
    this.#path = options.path;
    this.#genesisHash = options.genesisHash;
    this.#disk = options.disk ?? systemDisk;
    this.#guard("open", () => this.#open());
  }

  get height(): Height {
    return this.#height;
  }

  get damage(): CodedError | undefined {
    return this.#damage;
  }

  append(record: Uint8Array): void {
    this.#assertUsable();
    const endBytes = this.#endBytes + sizeOfWalRecord(record);
    if (endBytes > this.#room.bytes.length) this.#room = largerRoom(this.#room, endBytes);
    // What is durable now still is at the next sync(): only that and reset() change it.
    const written = { payload: record, durableBytes: this.#durableBytes };
    this.#endBytes = writeWalRecord(this.#room, this.#endBytes, written);
  }

  sync(): void {
    this.#assertUsable();
    const file = this.#file;
    if (file !== undefined && this.#endBytes === WAL_HEADER_BYTES) return;
    this.#guard("write", () => {
      if (file === undefined) this.#replaceFile();
      else this.#extendFile(file);
    });
    this.#drop();
  }

  replay(height: Height): readonly Uint8Array[] {
    this.#assertUsable();
    if (height !== this.#height) return [];
    return [...(this.#file === undefined ? [] : this.#durableRecords()), ...this.#collected()];
  }

  reset(height: Height): void {
    this.#assertUsable();
    this.#guard("close", () => this.#closeFile());
    this.#height = height;
    this.#durableBytes = 0;
    this.#drop();
  }

  /** Does not sync: what was not synced was not promised. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeFile();
  }

  #open(): void {
    const bytes = this.#disk.read(this.#path);
    if (bytes === undefined) return;
    const contents = decodeWal(bytes);
    if (!contents.ok) {
      const error = this.#error(contents.code, contents.reason);
      if (contents.code !== "WAL_CORRUPT") throw error;
      this.#damage = error;
      return this.#setAside("damaged");
    }
    const { header, endBytes } = contents.value;
    if (!equalBytes(header.genesisHash, this.#genesisHash)) {
      return this.#setAside(toHex(header.genesisHash.subarray(0, 4)));
    }
    this.#height = header.height;
    this.#file = this.#disk.open(this.#path);
    if (endBytes < bytes.length) {
      this.#disk.truncate(this.#file, endBytes);
    }
    // Also where nothing is cut: the last run may have died between its write and its sync.
    this.#disk.sync(this.#file);
    this.#durableBytes = endBytes;
  }

  #setAside(suffix: string): void {
    this.#disk.rename(this.#path, `${this.#path}.${suffix}`);
    this.#disk.syncDirectory(dirname(this.#path));
  }

  #replaceFile(): void {
    const temporary = `${this.#path}.new`;
    const bytes = this.#room.bytes.subarray(0, this.#endBytes);
    writeWalHeader(this.#room, { genesisHash: this.#genesisHash, height: this.#height });
    const file = this.#disk.create(temporary);
    this.#file = file;
    this.#disk.write(file, bytes, 0);
    this.#disk.sync(file);
    this.#disk.rename(temporary, this.#path);
    this.#disk.syncDirectory(dirname(this.#path));
    this.#durableBytes = bytes.length;
  }

  #extendFile(file: FileNumber): void {
    const bytes = this.#room.bytes.subarray(WAL_HEADER_BYTES, this.#endBytes);
    this.#disk.write(file, bytes, this.#durableBytes);
    this.#disk.sync(file);
    this.#durableBytes += bytes.length;
  }

  #durableRecords(): readonly Uint8Array[] {
    return this.#guard("read", () => {
      const bytes = this.#disk.read(this.#path);
      invariant(bytes !== undefined, "an open write-ahead log has its file");
      const contents = decodeWal(bytes.subarray(0, this.#durableBytes));
      if (!contents.ok) throw this.#error(contents.code, contents.reason);
      return contents.value.records;
    });
  }

  /** Copies: the room is used again. */
  #collected(): readonly Uint8Array[] {
    const records: Uint8Array[] = [];
    for (let at = WAL_HEADER_BYTES; at < this.#endBytes; ) {
      const start = at + WAL_RECORD_HEAD_BYTES;
      at = start + this.#room.view.getUint32(at);
      records.push(this.#room.bytes.slice(start, at));
    }
    return records;
  }

  #drop(): void {
    this.#endBytes = WAL_HEADER_BYTES;
    if (this.#room.bytes.length > MAX_KEPT_BYTES) this.#room = newWalRoom(ROOM_BYTES);
  }

  #closeFile(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) this.#disk.close(file);
  }

  #guard<T>(what: string, act: () => T): T {
    try {
      return act();
    } catch (cause) {
      this.#failure = cause instanceof CodedError ? cause : this.#ioError(what, cause);
      throw this.#failure;
    }
  }

  #ioError(what: string, cause: unknown): CodedError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const code = isDiskFull(cause) ? "WAL_DISK_FULL" : "WAL_IO";
    return this.#error(code, `cannot ${what}: ${reason}`, cause);
  }

  #error(code: CodedError["code"], reason: string, cause?: unknown): CodedError {
    return new CodedError(code, `write-ahead log ${this.#path}: ${reason}`, {
      cause,
      details: { path: this.#path },
    });
  }

  #assertUsable(): void {
    invariant(!this.#closed, "the write-ahead log is closed");
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function largerRoom({ bytes }: WalRoom, sizeBytes: number): WalRoom {
  const larger = newWalRoom(2 * sizeBytes);
  larger.bytes.set(bytes);
  return larger;
}
