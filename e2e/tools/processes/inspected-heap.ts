// The memory of a running daemon after its garbage is gone, asked of Node's inspector. The daemon is started with
// INSPECT_FLAGS. For benchmarks that look for growth.

import type { LocalNode } from "./local-network.ts";

/** Any free port on loopback; the daemon's log names it. */
export const INSPECT_FLAGS = ["--inspect=127.0.0.1:0"] as const;

const ADDRESS = /Debugger listening on (ws:\/\/\S+)/g;
const WAIT_MS = 60_000;

export interface InspectedHeap {
  readonly heapMiB: number;
  readonly externalMiB: number;
}

interface Answer {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: string } };
}

const MIB = 1024 * 1024;

/** Collects the garbage of the node, and says what is left. */
export async function inspectedHeap(node: LocalNode): Promise<InspectedHeap> {
  const address = [...node.log().matchAll(ADDRESS)].at(-1)?.[1];
  if (address === undefined) throw new Error(`${node.plan.name} has no inspector`);
  const socket = new WebSocket(address);
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    await call(socket, 1, "HeapProfiler.collectGarbage");
    const expression = "JSON.stringify(process.memoryUsage())";
    const { result } = await call(socket, 2, "Runtime.evaluate", { expression });
    const usage = JSON.parse(result?.result?.value ?? "{}") as Record<string, number>;
    return {
      heapMiB: (usage["heapUsed"] ?? 0) / MIB,
      externalMiB: (usage["external"] ?? 0) / MIB,
    };
  } finally {
    socket.close();
  }
}

function call(socket: WebSocket, id: number, method: string, params = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${method} is not answered`)), WAIT_MS);
    const heard = ({ data }: MessageEvent): void => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id !== id) return;
      clearTimeout(late);
      socket.removeEventListener("message", heard);
      resolve(answer);
    };
    socket.addEventListener("message", heard);
    socket.send(JSON.stringify({ id, method, params }));
  });
}
