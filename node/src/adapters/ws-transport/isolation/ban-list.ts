// The bans that a node keeps, its own and operators', by node id and by range of addresses. A ban of
// the node's own grows: each one of the same target lasts four times as long as the last, up to a day,
// and is remembered for a day after its end. Never more than MAX_BANS: expired ones go first, then the
// node's own that end soonest; an operator's is never dropped for another. Wall-clock times, because
// the list outlives the process (saved-bans.ts). Its only caller is isolation.ts.

import {
  type Ban,
  type BanRefusal,
  MAX_BAN_MS,
  MAX_BAN_REASON_CHARS,
  MAX_BANS,
} from "../../../types/bans.ts";
import type { UnixMs } from "../../../types/chain.ts";
import { fail, ok, type Result } from "../../../types/errors.ts";
import { type IpRange, isInRange, parseIpRange } from "../../../types/ip-range.ts";

/** A ban with what it grows by. */
export interface KeptBan extends Ban {
  /** Bans of the node's own of this target so far, this one included. */
  readonly strikes: number;
}

interface Entry {
  readonly ban: KeptBan;
  /** Undefined where the target is a node id. */
  readonly range: IpRange | undefined;
}

/** Each further ban of the same target is this many times longer. */
const GROWTH = 4;
const MAX_OWN_BAN_MS = 86_400_000;
/** So long after its end a ban is remembered, and makes the next one longer. */
const REMEMBERED_MS = 86_400_000;
const NODE_ID = /^[0-9a-f]{40}$/;

export class BanList {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** Everything kept, expired bans that are still remembered included. */
  kept(): readonly KeptBan[] {
    return Array.from(this.#entries.values(), ({ ban }) => ban);
  }

  list(nowMs: UnixMs): readonly KeptBan[] {
    return this.kept()
      .filter((ban) => ban.untilMs > nowMs)
      .toSorted((a, b) => b.untilMs - a.untilMs || (a.target < b.target ? -1 : 1));
  }

  /** The ban of a node id that holds now. */
  ofNode(peerId: string, nowMs: UnixMs): Ban | undefined {
    const ban = this.#entries.get(peerId)?.ban;
    return ban !== undefined && ban.untilMs > nowMs ? ban : undefined;
  }

  /** The ban that holds now of a range with this address; an operator's before the node's own. */
  ofAddress(address: readonly number[], nowMs: UnixMs): Ban | undefined {
    let own: Ban | undefined;
    for (const { ban, range } of this.#entries.values()) {
      if (range === undefined || ban.untilMs <= nowMs || !isInRange(address, range)) continue;
      if (ban.by === "operator") return ban;
      own ??= ban;
    }
    return own;
  }

  /** Bans by an operator's wish, whatever stood before. */
  set(target: string, durationMs: number, told: { reason: string; nowMs: UnixMs }): BanResult {
    const { reason, nowMs } = told;
    const parsed = parseTarget(target);
    if (!parsed.ok) return parsed;
    if (!Number.isSafeInteger(durationMs) || durationMs < 1 || durationMs > MAX_BAN_MS) {
      return fail("BAN_DURATION_INVALID", `a ban lasts 1 to ${MAX_BAN_MS} ms`);
    }
    const strikes = this.#entries.get(parsed.value.target)?.ban.strikes ?? 0;
    const until = { sinceMs: nowMs, untilMs: nowMs + durationMs };
    const ban = {
      target: parsed.value.target,
      ...until,
      reason: shortened(reason),
      by: "operator",
      strikes,
    } as const;
    const isKept = this.#keep({ ban, range: parsed.value.range }, nowMs);
    return isKept ? ok(ban) : fail("BANS_FULL", `${MAX_BANS} bans of operators stand`);
  }

  /**
   * Bans by the node's own judgement, for `baseMs` the first time and longer each further time. An
   * operator's ban and a longer one stay as they are. `grows` false: for exactly `baseMs`.
   */
  strike(
    target: string,
    baseMs: number,
    told: { reason: string; nowMs: UnixMs; grows: boolean },
  ): Ban | undefined {
    const { reason, nowMs, grows } = told;
    const parsed = parseTarget(target);
    if (!parsed.ok) return undefined;
    this.#forgetOld(nowMs);
    const before = this.#entries.get(parsed.value.target)?.ban;
    const held = before !== undefined && before.untilMs > nowMs ? before : undefined;
    if (held?.by === "operator") return held;
    const strikes = Math.min((before?.strikes ?? 0) + 1, 20);
    const grownMs = Math.min(baseMs * GROWTH ** (strikes - 1), MAX_OWN_BAN_MS);
    const lastsMs = grows ? Math.max(baseMs, grownMs) : baseMs;
    const untilMs = Math.max(nowMs + lastsMs, held?.untilMs ?? 0);
    const ban: KeptBan = {
      target: parsed.value.target,
      sinceMs: nowMs,
      untilMs,
      reason: shortened(reason),
      by: "node",
      strikes,
    };
    return this.#keep({ ban, range: parsed.value.range }, nowMs) ? ban : undefined;
  }

  /** A ban of an earlier process. It ends at most MAX_BAN_MS from now, whatever the clocks did. */
  restore(kept: KeptBan, nowMs: UnixMs): void {
    const parsed = parseTarget(kept.target);
    const ban = { ...kept, untilMs: Math.min(kept.untilMs, nowMs + MAX_BAN_MS) };
    if (parsed.ok) this.#keep({ ban, range: parsed.value.range }, nowMs);
  }

  lift(target: string): Result<boolean, "BAN_TARGET_INVALID"> {
    const parsed = parseTarget(target);
    return parsed.ok ? ok(this.#entries.delete(parsed.value.target)) : parsed;
  }

  clear(nowMs: UnixMs): number {
    const count = this.list(nowMs).length;
    this.#entries.clear();
    return count;
  }

  #keep(entry: Entry, nowMs: UnixMs): boolean {
    const { target } = entry.ban;
    this.#forgetOld(nowMs);
    if (!this.#entries.has(target) && this.#entries.size >= MAX_BANS) {
      const first = this.#firstToGo(nowMs);
      if (first === undefined) return false;
      this.#entries.delete(first);
    }
    this.#entries.set(target, entry);
    return true;
  }

  #forgetOld(nowMs: UnixMs): void {
    for (const [target, { ban }] of this.#entries) {
      if (ban.untilMs + REMEMBERED_MS <= nowMs) this.#entries.delete(target);
    }
  }

  #firstToGo(nowMs: UnixMs): string | undefined {
    let first: KeptBan | undefined;
    for (const { ban } of this.#entries.values()) {
      if (ban.by === "operator" && ban.untilMs > nowMs) continue;
      if (first === undefined || ban.untilMs < first.untilMs) first = ban;
    }
    return first?.target;
  }
}

type BanResult = Result<Ban, BanRefusal>;

function parseTarget(
  text: string,
): Result<{ target: string; range: IpRange | undefined }, "BAN_TARGET_INVALID"> {
  const id = text.toLowerCase();
  if (NODE_ID.test(id)) return ok({ target: id, range: undefined });
  const range = parseIpRange(text);
  if (range !== undefined) return ok({ target: range.text, range });
  return fail("BAN_TARGET_INVALID", "neither a node id (40 hex digits) nor an address or range");
}

/** Reasons end up in logs and answers: printable, and short. */
const shortened = (reason: string): string =>
  reason.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, MAX_BAN_REASON_CHARS);
