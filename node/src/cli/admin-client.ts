// A client of a node's admin API. The node shows the certificate of its node key, so its node id says whom
// one talks to. The token is sent only when that is the id that was asked for; on this machine it
// may be left out. Called by commands/admin-commands.ts.

import { request } from "node:http";
import { connect, type TLSSocket } from "node:tls";
import { z } from "zod";
import { readText } from "../adapters/local-files.ts";
import { nodeIdOf } from "../crypto/pure-keys.ts";
import { CodedError } from "../types/errors.ts";
import { refuseCredentials } from "./refuse-credentials.ts";
import { RemoteError } from "./rpc-client.ts";

export interface AdminTarget {
  readonly url: string;
  readonly tokenFile: string;
  readonly nodeId: string | undefined;
}

export interface AdminCall {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: object;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const KEY_BYTES = 32;

const Failure = z.object({
  error: z.object({ code: z.string(), message: z.string(), action: z.string() }),
});

function placeOf({ url, nodeId }: AdminTarget): { readonly host: string; readonly port: number } {
  refuseCredentials(url, "--admin-url");
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "https:" || parsed.port === "") {
    throw new CodedError("CLI_USAGE", `${url} is not https://host:port`);
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  const isHere = host === "localhost" || host === "::1" || host.startsWith("127.");
  if (!isHere && nodeId === undefined) {
    throw new CodedError("CLI_USAGE", `--node-id is needed for ${url}: it is not on this machine`);
  }
  return { host, port: Number(parsed.port) };
}

/** The node id that the certificate shows; "" where it shows no Ed25519 key. */
function shownId(socket: TLSSocket): string {
  const key = socket.getPeerX509Certificate()?.publicKey;
  if (key?.asymmetricKeyType !== "ed25519") return "";
  const bytes = Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
  return bytes.length === KEY_BYTES ? nodeIdOf(Uint8Array.from(bytes)) : "";
}

/** What is known of it without OpenSSL's own words, which name places in its source. */
function unreachable(url: string, cause: Error): CodedError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const isTls = code.startsWith("ERR_SSL") || code === "EPROTO";
  const reason = isTls ? "it does not speak TLS 1.3" : cause.message;
  return new CodedError("ADMIN_UNREACHABLE", `${url}: ${reason}`, { cause });
}

/** An open TLS link to the node that was asked for. */
function linkTo(target: AdminTarget): Promise<TLSSocket> {
  const { url, nodeId } = target;
  const { host, port } = placeOf(target);
  return new Promise((resolve, reject) => {
    // No authority vouches for a node: its id does.
    const socket = connect({ host, port, minVersion: "TLSv1.3", rejectUnauthorized: false });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("no answer in time")));
    socket.once("error", (error) => reject(unreachable(url, error)));
    socket.once("secureConnect", () => {
      const shown = shownId(socket);
      if (nodeId === undefined || shown === nodeId) return resolve(socket);
      socket.destroy();
      const what = shown === "" ? "no node key" : `node id ${shown}`;
      return reject(new CodedError("ADMIN_IDENTITY", `${url} shows ${what}, not ${nodeId}`));
    });
  });
}

async function exchange(socket: TLSSocket, call: AdminCall, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const { method, path, body } = call;
  const answer = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
    const options = { method, path, headers, host: "127.0.0.1", createConnection: () => socket };
    request(options, resolve)
      .once("error", reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Asks the admin API.
 * @throws RemoteError with the node's code; CodedError CLI_FILE, CLI_USAGE, ADMIN_IDENTITY,
 * ADMIN_UNREACHABLE or RPC_BAD_ANSWER.
 */
export async function callAdmin(target: AdminTarget, call: AdminCall): Promise<unknown> {
  const token = readText(target.tokenFile).trim();
  const socket = await linkTo(target);
  let answer: unknown;
  try {
    const text = await exchange(socket, call, token).catch((error: Error) => {
      throw unreachable(target.url, error);
    });
    answer = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError("RPC_BAD_ANSWER", `${target.url}: the answer is not JSON`);
  } finally {
    socket.destroy();
  }
  const failure = Failure.safeParse(answer);
  if (!failure.success) return answer;
  const { code, message, action } = failure.data.error;
  throw new RemoteError(code, message, action);
}
