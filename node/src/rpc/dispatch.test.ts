import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeNode, fakeHash, RICH } from "../../test/fake-node-facts.ts";
import { DOUBLE_PRECOMMIT, VALIDATORS } from "../../test/sample-messages.ts";
import { encodeTransaction } from "../codec/chain.ts";
import { toHex } from "../codec/hex.ts";
import { addressOf } from "../crypto/address.ts";
import { txidOf } from "../crypto/ids.ts";
import { keyHashOf } from "../crypto/pure-keys.ts";
import type { Transaction } from "../types/chain.ts";
import { fail, InvariantError } from "../types/errors.ts";
import { ANSWER_LIMITS, AnswerRoom } from "./answer-room.ts";
import { dispatch } from "./dispatch.ts";
import { methodNamed, RPC_METHODS } from "./method-table.ts";
import { Turns } from "./turns.ts";

let node: FakeNode;
let places: number;
let gone: AbortController;
let logged: string[];
let room: AnswerRoom;
const RICH_ADDRESS = addressOf(RICH.publicKey, "testnet");

beforeEach(() => {
  node = new FakeNode();
  places = 1;
  gone = new AbortController();
  logged = [];
  room = new AnswerRoom(ANSWER_LIMITS);
});

const transfer = (n: number): Transaction => ({
  body: {
    version: 1,
    inputs: [{ txid: fakeHash(n), index: 0 }],
    outputs: [{ value: 150_000_000n, address: keyHashOf(RICH.publicKey) }],
    payload: new Uint8Array(),
  },
  witnesses: [{ publicKey: RICH.publicKey, signature: new Uint8Array(64) }],
});

interface Answer {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { code: number; message: string; data: { code: string; action: string } };
}

async function send(body: string): Promise<unknown> {
  const text = await sendText(body);
  return text === undefined ? undefined : JSON.parse(text);
}

function sendText(body: string): Promise<string | undefined> {
  const ignore = (): void => {};
  return dispatch(
    body,
    {
      client: "here",
      signal: gone.signal,
      answers: room.open(),
      takeWaitingPlace: () => (places-- > 0 ? () => places++ : undefined),
    },
    {
      facts: node.facts,
      log: {
        debug: ignore,
        info: ignore,
        warn: ignore,
        error: (_f, message) => logged.push(message),
      },
      metrics: { count: ignore, gauge: ignore, observe: ignore },
      maxBatch: 3,
      monotonicMs: () => 0,
      turns: new Turns(() => 0),
    },
  );
}

const call = async (method: string, params?: unknown): Promise<Answer> =>
  (await send(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }))) as Answer;

/** The result, which must fit the schema that the reference shows. */
async function result(method: string, params?: unknown): Promise<Record<string, unknown>> {
  const answer = await call(method, params);
  expect(answer.error).toBeUndefined();
  return methodNamed(method)?.result.parse(answer.result) as Record<string, unknown>;
}

async function error(method: string, params?: unknown): Promise<[number, string]> {
  const answer = await call(method, params);
  if (answer.error === undefined) throw new Error("expected an error");
  expect(answer.error.data.action).not.toBe("");
  return [answer.error.code, answer.error.data.code];
}

describe("JSON-RPC 2.0", () => {
  it("answers with the id that was sent, whatever its type", async () => {
    for (const id of ["a", 7, null, 1.5]) {
      const body = JSON.stringify({ jsonrpc: "2.0", id, method: "getblockcount" });
      expect(await send(body)).toEqual({ jsonrpc: "2.0", id, result: 0 });
    }
  });

  it("gives an id back digit by digit, also where a number could not hold it", async () => {
    for (const id of ["12345678901234567890123", "-9007199254740993", "1.50", "1e400"]) {
      const text = await sendText(`{"jsonrpc":"2.0","id":${id},"method":"getblockcount"}`);
      expect(text).toBe(`{"jsonrpc":"2.0","id":${id},"result":0}`);
    }
    const refused = await sendText('{"jsonrpc":"2.0","id":12345678901234567890123,"method":7}');
    expect(refused).toContain('"id":12345678901234567890123,');
  });

  it("speaks 1.x with the wallets that do: both members, one of them null", async () => {
    const body = '{"version":"1.1","method":"getblockcount","params":[],"id":7}';
    expect(await send(body)).toEqual({ result: 0, error: null, id: 7 });
    expect(await send('{"jsonrpc":"1.0","method":"no","id":"a"}')).toMatchObject({
      result: null,
      error: { code: -32601 },
      id: "a",
    });
    expect(await send('{"method":"getblockcount","id":null}')).toBeUndefined();
  });

  it("lets everything else have its turn between the calls of a batch", async () => {
    let turn = 0;
    let isRunning = true;
    const count = (): void => {
      turn++;
      if (isRunning) setImmediate(count);
    };
    const seen: number[] = [];
    const facts = node.facts as { head: () => ReturnType<typeof node.facts.head> };
    const { head } = facts;
    facts.head = () => {
      seen.push(turn);
      return head();
    };
    count();
    const one = { jsonrpc: "2.0", id: 1, method: "getblockcount" };
    await send(JSON.stringify([one, one, one]));
    isRunning = false;
    const [first = 0, second = 0, third = 0] = seen;
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
  });

  it("lets everything else have its turn within a long answer", async () => {
    node.commit(Array.from({ length: 200 }, (_, n) => transfer(n % 256)));
    let turns = 0;
    let isRunning = true;
    const count = (): void => {
      turns++;
      if (isRunning) setImmediate(count);
    };
    count();
    await call("getblockcount");
    const short = turns;
    await call("getblock", { block: 1, verbosity: 2 });
    isRunning = false;
    expect(turns - short).toBeGreaterThan(short + 1);
  });

  it("bounds what one answer may hold, the calls of a batch together", async () => {
    room = new AnswerRoom({ maxAnswerBytes: 100, maxPendingBytes: 1000 });
    const one = { jsonrpc: "2.0", id: 1, method: "getblockcount" };
    expect(await send(JSON.stringify([one, one, one]))).toMatchObject([
      { result: 0 },
      { result: 0 },
      { error: { data: { code: "RPC_ANSWER_TOO_LARGE" } } },
    ]);
  });

  it("runs nothing for a client that went before its turn", async () => {
    let calls = 0;
    const facts = node.facts as { head: () => ReturnType<typeof node.facts.head> };
    const { head } = facts;
    facts.head = () => {
      calls++;
      return head();
    };
    const answer = send('{"jsonrpc":"2.0","id":1,"method":"getblockcount"}');
    gone.abort();
    await answer;
    expect(calls).toBe(0);
  });

  it("is busy while too many bytes wait to be read", async () => {
    room = new AnswerRoom({ maxAnswerBytes: 100, maxPendingBytes: 50 });
    const unread = room.open();
    unread.add(50);
    expect(await error("getblockcount")).toEqual([-12, "RPC_BUSY"]);
    unread.end();
    expect(await call("getblockcount")).toMatchObject({ result: 0 });
  });

  it("answers nothing to notifications", async () => {
    expect(await send('{"jsonrpc":"2.0","method":"getblockcount"}')).toBeUndefined();
    expect(await send('{"jsonrpc":"2.0","method":"nothing"}')).toBeUndefined();
    expect(await send('[{"jsonrpc":"2.0","method":"uptime"}]')).toBeUndefined();
  });

  it("refuses what is not JSON, and what is not a request", async () => {
    for (const body of ["", "{", '{"jsonrpc":"2.0","method":"getblockcount","id":1}x']) {
      expect(await send(body)).toMatchObject({ id: null, error: { code: -32700 } });
    }
    const requests = [
      "1",
      "null",
      "{}",
      '{"jsonrpc":"3.0","id":1,"method":"uptime"}',
      '{"jsonrpc":"2.0","id":1,"method":5}',
      '{"jsonrpc":"2.0","id":{},"method":"uptime"}',
      '{"jsonrpc":"2.0","id":1,"method":"uptime","params":"x"}',
      '{"jsonrpc":"2.0","id":1,"method":"uptime","params":null}',
    ];
    for (const body of requests) {
      expect(await send(body), body).toMatchObject({ error: { code: -32600 } });
    }
  });

  it("answers a batch in order, each by itself", async () => {
    const batch = [
      { jsonrpc: "2.0", id: "a", method: "getblockcount" },
      { jsonrpc: "2.0", method: "uptime" },
      5,
    ];
    expect(await send(JSON.stringify(batch))).toMatchObject([
      { id: "a", result: 0 },
      { id: null, error: { code: -32600 } },
    ]);
  });

  it("bounds batches, and refuses an empty one", async () => {
    const one = { jsonrpc: "2.0", id: 1, method: "uptime" };
    expect(await send(JSON.stringify([one, one, one]))).toHaveLength(3);
    expect(await send(JSON.stringify([one, one, one, one]))).toMatchObject({
      error: { code: -32600, data: { code: "RPC_BATCH_TOO_LARGE" } },
    });
    expect(await send("[]")).toMatchObject({ error: { code: -32600 } });
  });

  it("knows unknown methods, also those of every object", async () => {
    for (const name of ["stop", "constructor", "__proto__", "toString", "x".repeat(10_000)]) {
      expect(await error(name)).toEqual([-32601, "RPC_METHOD_UNKNOWN"]);
    }
    const answer = await call("getblockcont");
    expect(answer.error?.message).toContain("did you mean getblockcount?");
  });

  it("takes parameters by position and by name, and no others", async () => {
    node.commit([]);
    expect(await result("getblockhash", [1])).toEqual(await result("getblockhash", { height: 1 }));
    for (const params of [[], [1, 2], ["1"], { height: 1, x: 1 }, {}, [-1], [1.5]]) {
      expect(await error("getblockhash", params)).toEqual([-32602, "RPC_INVALID_PARAMS"]);
    }
  });

  it("hides the message of an unexpected error, and logs it", async () => {
    const facts = node.facts as { head: unknown };
    facts.head = () => {
      throw new Error("the disk is on fire");
    };
    const answer = await call("getblockcount");
    expect(answer.error).toMatchObject({ code: -32603, data: { code: "RPC_INTERNAL" } });
    expect(JSON.stringify(answer)).not.toContain("fire");
    expect(logged).toEqual(["RPC method failed"]);
  });

  it("lets a broken invariant through: it ends the process", async () => {
    const facts = node.facts as { head: unknown };
    facts.head = () => {
      throw new InvariantError("x");
    };
    await expect(call("getblockcount")).rejects.toThrow(InvariantError);
  });

  it("answers any text with valid JSON-RPC or nothing", async () => {
    const value = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((j) => `{"jsonrpc":"2.0","id":1,"method":"getblock","params":${j}}`),
    );
    await fc.assert(
      fc.asyncProperty(value, async (body) => {
        const answers = [await send(body)].flat() as Answer[];
        for (const answer of answers) {
          if (answer === undefined) continue;
          expect(answer).toMatchObject({ jsonrpc: "2.0" });
          expect("result" in answer).not.toBe("error" in answer);
          expect(answer.error?.code).not.toBe(-32603);
        }
      }),
    );
  });
});

describe("methods", () => {
  it("describe the chain and its blocks", async () => {
    node.commit([transfer(1)]);
    node.commit([]);
    expect(await result("getblockchaininfo")).toMatchObject({
      chain: "test",
      chainId: "fake-1",
      genesisHash: toHex(node.genesisHash),
      blocks: 2,
      caughtUp: true,
    });
    expect(await call("getblockcount")).toMatchObject({ result: 2 });
    const block = await result("getblock", [1]);
    const txid = toHex(txidOf(transfer(1).body));
    expect(block).toMatchObject({ height: 1, confirmations: 2, nTx: 1, tx: [txid] });
    expect(await result("getblock", [block.hash])).toEqual(block);
    expect(block.nextblockhash).toBe((await call("getblockhash", [2])).result);
    expect(await result("getblock", { block: 1, verbosity: 2 })).toMatchObject({
      tx: [{ txid, vout: [{ n: 0, address: RICH_ADDRESS, amount: "1.5", satoshi: "150000000" }] }],
    });
    expect((await call("getblock", [1, 0])).result).toMatch(/^[0-9a-f]+$/);
    expect((await call("getblockhash", [0])).result).toBe(toHex(node.genesisHash));
  });

  it("know what does not exist", async () => {
    expect(await error("getblock", [3])).toEqual([-5, "RPC_NOT_FOUND"]);
    expect(await error("getblock", [0])).toEqual([-5, "RPC_NOT_FOUND"]);
    expect(await error("getblock", [toHex(fakeHash(8))])).toEqual([-5, "RPC_NOT_FOUND"]);
    expect(await error("getblockhash", [3])).toEqual([-5, "RPC_NOT_FOUND"]);
    expect(await error("gettransaction", [toHex(fakeHash(8))])).toEqual([-5, "RPC_NOT_FOUND"]);
  });

  it("give balances and outputs of an address", async () => {
    node.fund(1, 123_456_789n);
    node.fund(2, 1n);
    node.commit([]);
    expect(await result("getbalance", [RICH_ADDRESS])).toEqual({
      address: RICH_ADDRESS,
      amount: "1.2345679",
      satoshi: "123456790",
    });
    node.submit(transfer(2));
    const unspent = await call("listunspent", [RICH_ADDRESS]);
    expect(methodNamed("listunspent")?.result.parse(unspent.result)).toMatchObject([
      { vout: 0, satoshi: "123456789", confirmations: 2, spentByPending: false },
      { satoshi: "1", spentByPending: true },
    ]);
    expect((await call("listunspent", [RICH_ADDRESS, 1])).result).toHaveLength(1);
    expect(await error("getbalance", ["TIME1x"])).toEqual([-8, "ADDRESS_LENGTH"]);
    expect(await error("listunspent", [RICH_ADDRESS, 10_001])).toEqual([
      -32602,
      "RPC_INVALID_PARAMS",
    ]);
  });

  it("show no output as free that a block spent while the list was read", async () => {
    node.fund(1, 500_000n);
    const store = node.facts.store as { utxosOf: typeof node.facts.store.utxosOf };
    store.utxosOf = (_address, _limit, done) => {
      const listed = node.utxos.splice(0);
      node.commit([transfer(1)]);
      done(undefined, listed);
    };
    const { result: listed } = await call("listunspent", [RICH_ADDRESS]);
    expect(listed).toMatchObject([{ confirmations: 1, spentByPending: true }]);
  });

  it("judge addresses", async () => {
    expect(await result("validateaddress", [RICH_ADDRESS])).toEqual({
      isvalid: true,
      address: RICH_ADDRESS,
      keyHash: toHex(keyHashOf(RICH.publicKey)),
    });
    expect(await result("validateaddress", [addressOf(RICH.publicKey, "mainnet")])).toMatchObject({
      isvalid: false,
      code: "ADDRESS_NETWORK",
    });
  });

  it("take, find and finalise a transaction", async () => {
    const hex = toHex(encodeTransaction(transfer(1)));
    const { result: txid } = await call("sendrawtransaction", [hex]);
    expect((await call("getrawmempool")).result).toEqual([txid]);
    expect(await result("gettransaction", [txid])).toMatchObject({
      status: "pending",
      confirmations: 0,
      finality: { final: false },
      hex,
    });
    expect(await result("getmempoolinfo")).toMatchObject({ size: 1, minFeeSatoshi: "1000" });
    node.commit([transfer(1)]);
    node.commit([]);
    expect(await result("gettransaction", [txid])).toMatchObject({
      status: "final",
      confirmations: 2,
      finality: { final: true, height: 1, signers: 1, validators: 1 },
    });
  });

  it("refuse a transaction with the ledger's code, and what is none", async () => {
    node.submit = () => fail("TX_CONFLICT", "an input is spent already");
    const hex = toHex(encodeTransaction(transfer(1)));
    expect(await error("sendrawtransaction", [hex])).toEqual([-26, "TX_CONFLICT"]);
    expect(await error("sendrawtransaction", ["zz"])).toEqual([-8, "CODEC_MALFORMED"]);
    expect(await error("sendrawtransaction", [hex.slice(2)])).toEqual([-8, "CODEC_MALFORMED"]);
    expect(await error("sendrawtransaction", ["00".repeat(70_000)])).toEqual([
      -32602,
      "RPC_INVALID_PARAMS",
    ]);
  });

  it("show who is banned", async () => {
    const ban = { target: "10.1.0.0/16", by: "node", sinceMs: 1, untilMs: 2, reason: "x" } as const;
    node.bans.push(ban);
    const { result: listed } = await call("listbanned");
    expect(methodNamed("listbanned")?.result.parse(listed)).toEqual([ban]);
  });

  it("describe the node", async () => {
    node.nowMs += 0;
    expect(await call("uptime")).toMatchObject({ result: 90 });
    expect(await result("getnetworkinfo")).toMatchObject({ connections: 1, connections_out: 1 });
    const peers = methodNamed("getpeerinfo")?.result.parse((await call("getpeerinfo")).result);
    expect(peers).toMatchObject([
      { inbound: false, height: 4, role: "full", addr: "127.0.0.2:24100", linkIp: "127.0.0.1" },
    ]);
    expect(await result("getconsensusinfo")).toMatchObject({
      height: 1,
      totalPower: 1,
      quorumPower: 1,
      toleratedPower: 0,
    });
  });
});

describe("evidence", () => {
  it("shows in its block, and its culprit among the ejected", async () => {
    node.commit([]);
    const [certified] = node.blocks;
    const [validator] = VALIDATORS;
    if (certified === undefined || validator === undefined) throw new Error("there is one of each");
    const block = { ...certified.block, evidence: [DOUBLE_PRECOMMIT] };
    node.blocks[0] = { ...certified, block };
    node.ejected.push({ validator, height: 1 });
    const { kind, height, round } = DOUBLE_PRECOMMIT;
    const publicKey = toHex(DOUBLE_PRECOMMIT.publicKey);
    expect((await result("getblock", [1])).evidence).toEqual([{ kind, publicKey, height, round }]);
    const consensus = await call("getconsensusinfo");
    expect(methodNamed("getconsensusinfo")?.result.parse(consensus.result)).toMatchObject({
      validators: [{ mayLead: true }],
      ejected: [{ publicKey: toHex(validator.publicKey), height: 1, outFrom: 3 }],
    });
  });
});

describe("waitfortransaction", () => {
  const txid = toHex(txidOf(transfer(1).body));

  it("answers at the commit", async () => {
    const answer = result("waitfortransaction", [txid]);
    await expect.poll(() => node.listeners.size).toBe(1);
    node.commit([]);
    node.commit([transfer(1)]);
    expect(await answer).toMatchObject({ status: "final", finality: { height: 2 } });
    expect(node.listeners.size).toBe(0);
    expect(places).toBe(1);
  });

  it("answers at once for what is final already", async () => {
    node.commit([transfer(1)]);
    expect(await result("waitfortransaction", [txid, 0])).toMatchObject({ status: "final" });
  });

  it("times out with -11, also when the client goes away", async () => {
    expect(await error("waitfortransaction", [txid, 1])).toEqual([-11, "RPC_TIMEOUT"]);
    const answer = error("waitfortransaction", [txid, 120_000]);
    await expect.poll(() => node.listeners.size).toBe(1);
    gone.abort();
    expect(await answer).toEqual([-11, "RPC_TIMEOUT"]);
    expect(node.listeners.size).toBe(0);
  });

  it("ends with its own words when the node stops, and when it never heard of the transaction", async () => {
    const answer = call("waitfortransaction", [txid, 120_000]);
    await expect.poll(() => node.listeners.size).toBe(1);
    node.stopping.abort();
    const { error: stopped } = await answer;
    expect(stopped).toMatchObject({ code: -28, data: { code: "RPC_STOPPING" } });
    expect(stopped?.message).not.toContain("ms");
    expect(node.listeners.size).toBe(0);
    expect(await error("waitfortransaction", [txid, 1000])).toEqual([-28, "RPC_STOPPING"]);
    node.commit([transfer(1)]);
    expect(await result("waitfortransaction", [txid])).toMatchObject({ status: "final" });
  });

  it("names that another node at the same address may know the transaction", async () => {
    const { error: unknown } = await call("waitfortransaction", [txid, 1]);
    expect(unknown?.message).toContain("another one may know it");
    node.submit(transfer(1));
    const { error: pending } = await call("waitfortransaction", [txid, 1]);
    expect(pending?.message).toContain("still pending after 1 ms");
  });

  it("refuses when all places are taken, and when the wait is too long", async () => {
    places = 0;
    expect(await error("waitfortransaction", [txid, 1])).toEqual([-12, "RPC_BUSY"]);
    expect(await error("waitfortransaction", [txid, 120_001])).toEqual([
      -32602,
      "RPC_INVALID_PARAMS",
    ]);
  });
});

it("describes every method", () => {
  for (const { name, summary, params } of RPC_METHODS) {
    expect(name).toMatch(/^[a-z]+$/);
    expect(summary).toMatch(/\.$/);
    for (const schema of Object.values(params.shape)) {
      expect((schema as { description?: string }).description, name).toBeTruthy();
    }
  }
});
