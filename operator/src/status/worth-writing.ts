/**
 * When a status is worth a write. Any change of what it says is, at once, so that `kubectl wait` sees
 * transitions as they happen. The height alone is not: it moves with every block, so at rest it is
 * written once a minute, and every five seconds while something is in progress and people watch.
 */
import type { NetworkStatus } from "../api/network-status.ts";
import type { NodeStatus } from "../api/node.ts";

const REST_MS = 60_000;
const PROGRESS_MS = 5_000;

/** Whether `next` should replace `previous` at `nowMs` (epoch). */
export function networkStatusIsDue(
  previous: NetworkStatus,
  next: NetworkStatus,
  nowMs: number,
): boolean {
  if (!sameJson(settled(previous), settled(next))) return true;
  if (previous.chain?.height === next.chain?.height) return false;
  const observedAt = previous.chain?.observedAt;
  if (observedAt === undefined) return true;
  const progressing = next.conditions?.find(({ type }) => type === "Progressing");
  const pauseMs = progressing?.status === "True" ? PROGRESS_MS : REST_MS;
  return nowMs - Date.parse(observedAt) >= pauseMs;
}

/** Nodes are written on transitions only. */
export const nodeStatusIsDue = (previous: NodeStatus, next: NodeStatus): boolean =>
  !sameJson(previous, next);

const settled = ({ chain, ...rest }: NetworkStatus) => ({
  ...rest,
  genesisHash: chain?.genesisHash,
});

function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  if (!isRecord(a) || !isRecord(b)) return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => sameJson(a[key], b[key]));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
