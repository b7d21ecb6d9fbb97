// A disk in memory that tells written from durable, with the rules of a POSIX file system that promises
// least: contents survive a crash only after sync(), a new or changed name only after syncDirectory(). It
// counts its operations and dies before any one of them, so a test can visit every crash there is. What
// was written and not synced may survive whole, in part or not at all; the test chooses.

import { concatBytes } from "../../codec/bytes.ts";
import { invariant } from "../../types/errors.ts";
import type { Disk, FileNumber } from "../disk.ts";

/** What a crash leaves of what was not durable; "names": changed names, but not the contents. */
export type CrashKeeps = "nothing" | "names" | "half" | "everything";

export const ALL_CRASHES: readonly CrashKeeps[] = ["nothing", "names", "half", "everything"];

/** Thrown by the operation before which the disk dies, and by every one after it. */
export class DiskCrash extends Error {
  constructor() {
    super("the machine has crashed");
    this.name = "DiskCrash";
  }
}

interface Inode {
  /** The contents, and room to grow behind them. */
  bytes: Uint8Array;
  sizeBytes: number;
  /** Behind what is durable: the same array while what lies before durableBytes is not written over. */
  durable: Uint8Array;
  durableBytes: number;
}

const EMPTY = new Uint8Array(0);

const newInode = (bytes: Uint8Array): Inode => ({
  bytes,
  sizeBytes: bytes.length,
  durable: bytes,
  durableBytes: bytes.length,
});

export class MemoryDisk implements Disk {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  /** Names that may differ between the two. */
  readonly #changedNames = new Set<string>();
  readonly #open = new Map<FileNumber, Inode>();
  #nextFile = 3;
  #operations = 0;
  #dieBefore = Infinity;
  #full = false;

  /** Operations that changed or synced something so far. */
  get operations(): number {
    return this.#operations;
  }

  /** Dies before the operation with this number (from 0). */
  dieBefore(operation: number): void {
    this.#dieBefore = operation;
  }

  /** From now on writes fail as on a full device. */
  fill(full: boolean): void {
    this.#full = full;
  }

  /** Power off and on: what was not durable is lost, or kept as told. */
  crash(keeps: CrashKeeps): void {
    const names = keeps === "nothing" ? this.#durableNames : this.#names;
    for (const inode of new Set([...names.values(), ...this.#durableNames.values()])) {
      Object.assign(inode, newInode(survivorOf(inode, keeps)));
    }
    this.#names = new Map(names);
    this.#durableNames = new Map(names);
    this.#changedNames.clear();
    this.#open.clear();
    this.#dieBefore = Infinity;
  }

  read(path: string): Uint8Array | undefined {
    const inode = this.#names.get(path);
    return inode?.bytes.slice(0, inode.sizeBytes);
  }

  create(path: string): FileNumber {
    this.#operate();
    const existing = this.#names.get(path);
    const inode = existing ?? newInode(EMPTY);
    inode.bytes = EMPTY;
    inode.sizeBytes = 0;
    this.#names.set(path, inode);
    this.#changedNames.add(path);
    return this.#number(inode);
  }

  open(path: string): FileNumber {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError("ENOENT");
    return this.#number(inode);
  }

  write(file: FileNumber, bytes: Uint8Array, position: number): void {
    this.#operate();
    const inode = this.#inode(file);
    // A full device takes what still fits, which is why a torn tail is normal there.
    const taken = this.#full ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes;
    writeInto(inode, taken, position);
    if (this.#full) throw systemError("ENOSPC");
  }

  truncate(file: FileNumber, sizeBytes: number): void {
    this.#operate();
    const inode = this.#inode(file);
    inode.sizeBytes = Math.min(inode.sizeBytes, sizeBytes);
  }

  sync(file: FileNumber): void {
    this.#operate();
    const inode = this.#inode(file);
    inode.durable = inode.bytes;
    inode.durableBytes = inode.sizeBytes;
  }

  close(file: FileNumber): void {
    this.#open.delete(file);
  }

  rename(from: string, to: string): void {
    this.#operate();
    const inode = this.#names.get(from);
    if (inode === undefined) throw systemError("ENOENT");
    this.#names.delete(from);
    this.#names.set(to, inode);
    this.#changedNames.add(from).add(to);
  }

  syncDirectory(_path: string): void {
    this.#operate();
    for (const name of this.#changedNames) {
      const inode = this.#names.get(name);
      if (inode === undefined) this.#durableNames.delete(name);
      else this.#durableNames.set(name, inode);
    }
    this.#changedNames.clear();
  }

  /** Puts a file there, durable at once. */
  place(path: string, bytes: Uint8Array): void {
    const inode = newInode(bytes.slice());
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** Takes a file away, durably at once, as somebody at the machine would. */
  remove(path: string): void {
    this.#names.delete(path);
    this.#durableNames.delete(path);
  }

  paths(): readonly string[] {
    return [...this.#names.keys()].toSorted();
  }

  #operate(): void {
    if (this.#operations >= this.#dieBefore) throw new DiskCrash();
    this.#operations++;
  }

  #number(inode: Inode): FileNumber {
    const file = this.#nextFile++;
    this.#open.set(file, inode);
    return file;
  }

  #inode(file: FileNumber): Inode {
    const inode = this.#open.get(file);
    invariant(inode !== undefined, "the file is open");
    return inode;
  }
}

/** Writes in place where that leaves alone what is durable, and into a copy with room otherwise. */
function writeInto(inode: Inode, written: Uint8Array, position: number): void {
  const { bytes, sizeBytes, durable, durableBytes } = inode;
  const endBytes = position + written.length;
  const sparesDurable = durable !== bytes || Math.min(position, sizeBytes) >= durableBytes;
  if (!sparesDurable || endBytes > bytes.length) {
    // Files written once are as long as they are; the others grow by doubling.
    const room = sizeBytes === 0 ? endBytes : 2 * Math.max(sizeBytes, endBytes);
    inode.bytes = new Uint8Array(room);
    if (sizeBytes > 0) inode.bytes.set(bytes.subarray(0, sizeBytes));
  } else if (position > sizeBytes) inode.bytes.fill(0, sizeBytes, position);
  inode.bytes.set(written, position);
  inode.sizeBytes = Math.max(sizeBytes, endBytes);
}

function survivorOf(inode: Inode, keeps: CrashKeeps): Uint8Array {
  const durable = inode.durable.subarray(0, inode.durableBytes);
  const current = inode.bytes.subarray(0, inode.sizeBytes);
  if (keeps === "nothing" || keeps === "names") return durable;
  if (keeps === "everything") return current;
  // The first half of what changed got to the disk.
  let same = 0;
  while (same < Math.min(current.length, durable.length) && current[same] === durable[same]) same++;
  const kept = same + Math.floor((current.length - same) / 2);
  return concatBytes(current.subarray(0, kept), durable.subarray(kept));
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}
