/**
 * One question to a node's operations port, within a budget of time and bytes. A node that does not
 * answer, answers late, too long, or something else gives undefined: absence is a fact for the plan,
 * not an error. Reads leniently, because nodes may be older or newer than the operator.
 */
import { type Agent, request } from "node:http";
import { z } from "zod";

export interface NodeAnswer {
  readonly genesisHash: string;
  readonly height: number;
  /** Epoch milliseconds by the node's clock; undefined before the first block. */
  readonly lastCommitAtMs: number | undefined;
  readonly lastSignedHeight: number | undefined;
  /** It does not know what its key has signed. */
  readonly isStateLost: boolean;
}

export interface SafetyAnswer {
  readonly safe: boolean;
  readonly reason: string;
}

export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
}

export interface ProbeOptions {
  readonly agent: Agent;
  readonly budgetMs: number;
}

const MAX_ANSWER_BYTES = 256 * 1024;

const StatusSchema = z.object({
  genesisHash: z.string(),
  height: z.int().min(0),
  lastCommitAtMs: z.number().nullish(),
  self: z.object({ lastSignedHeight: z.int().min(0).nullish(), signState: z.string().nullish() }),
});

const SafetySchema = z.object({ reason: z.string().max(500).catch("no reason given") });

/** The node's /status. */
export async function askStatus(
  target: ProbeTarget,
  options: ProbeOptions,
): Promise<NodeAnswer | undefined> {
  const answer = await ask(target, "/status", options);
  if (answer?.status !== 200) return undefined;
  const parsed = StatusSchema.safeParse(parseJson(answer.body));
  if (!parsed.success) return undefined;
  const { genesisHash, height, lastCommitAtMs, self } = parsed.data;
  return {
    genesisHash,
    height,
    lastCommitAtMs: lastCommitAtMs ?? undefined,
    // 0 is how a node says that it knows of none.
    lastSignedHeight: self.lastSignedHeight || undefined,
    isStateLost: self.signState === "lost",
  };
}

/** The node's /safe-to-stop: 200 or 409; anything else is no answer. */
export async function askSafeToStop(
  target: ProbeTarget,
  options: ProbeOptions,
): Promise<SafetyAnswer | undefined> {
  const answer = await ask(target, "/safe-to-stop", options);
  if (answer?.status === 200) return { safe: true, reason: "" };
  if (answer?.status !== 409) return undefined;
  const parsed = SafetySchema.safeParse(parseJson(answer.body));
  return { safe: false, reason: parsed.success ? parsed.data.reason : "no reason given" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a half answer counts as none
  }
}

interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

function ask(
  { address, port }: ProbeTarget,
  path: string,
  { agent, budgetMs }: ProbeOptions,
): Promise<RawAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer | undefined>();
  const signal = AbortSignal.timeout(budgetMs);
  const call = request({ host: address, port, path, agent, signal }, (response) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    response.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_ANSWER_BYTES) response.destroy();
      else chunks.push(chunk);
    });
    response.on("end", () => {
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
    });
    response.on("error", () => resolve(undefined));
    response.on("close", () => resolve(undefined));
  });
  call.on("error", () => resolve(undefined));
  call.end();
  return promise;
}
