import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { FakeNode, RICH } from "../../test/fake-node-facts.ts";
import { decodeTransaction } from "../codec/chain.ts";
import { fromHex, toHex } from "../codec/hex.ts";
import { txSignBytes } from "../codec/sign-bytes.ts";
import { addressOf } from "../crypto/address.ts";
import { txidOf } from "../crypto/ids.ts";
import { formatSeed } from "../crypto/key-file.ts";
import { generateKeyPair, keyHashOf, verifyPure } from "../crypto/pure-keys.ts";
import { formatGenesis } from "../genesis.ts";
import { ANSWER_LIMITS, AnswerRoom } from "../rpc/answer-room.ts";
import { dispatch } from "../rpc/dispatch.ts";
import { methodNamed, RPC_METHODS } from "../rpc/method-table.ts";
import { Turns } from "../rpc/turns.ts";
import type { Transaction } from "../types/chain.ts";
import { fail } from "../types/errors.ts";
import { QUERIES } from "./commands/query-commands.ts";
import { runCli } from "./program.ts";

const RICH_ADDRESS = addressOf(RICH.publicKey, "testnet");
const OTHER = generateKeyPair(new Uint8Array(32).fill(9));
const OTHER_ADDRESS = addressOf(OTHER.publicKey, "testnet");

let node: FakeNode;
let directory: string;
let seed: number;
let urls: string[];
let nowMs: number;
/** Replaces the node's answer text, to play a broken or lying node. */
let distort: (text: string, method: string) => string;
/** Answers in place of the node. */
let intercept: (method: string) => string | undefined;

beforeEach(() => {
  node = new FakeNode();
  const made = mkdtempSync(join(tmpdir(), "timecoin-cli-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  directory = made;
  seed = 1;
  urls = [];
  nowMs = 1_700_000_000_000;
  distort = (text) => text;
  intercept = () => undefined;
});

const path = (name: string): string => join(directory, name);

const ignore = (): void => {};
const fakeFetch = (async (url: string, init: { body: string; signal: AbortSignal }) => {
  urls.push(url);
  if (url.includes("dead")) throw new TypeError("fetch failed", { cause: new Error("refused") });
  const { method } = JSON.parse(init.body) as { method: string };
  const instead = intercept(method);
  if (instead !== undefined) return new Response(instead);
  const text = await dispatch(
    init.body,
    {
      client: "here",
      signal: init.signal,
      takeWaitingPlace: () => ignore,
      answers: new AnswerRoom(ANSWER_LIMITS).open(),
    },
    {
      facts: node.facts,
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      metrics: { count: ignore, gauge: ignore, observe: ignore },
      maxBatch: 1,
      monotonicMs: () => 0,
      turns: new Turns(() => 0),
    },
  );
  return new Response(distort(text ?? "", method));
}) as unknown as typeof fetch;

async function run(
  line: string,
  env: Record<string, string> = {},
  onOut: (text: string) => void = ignore,
) {
  let [out, err] = ["", ""];
  const io = {
    env,
    out: (text: string) => {
      out += text;
      onOut(text);
    },
    err: (text: string) => void (err += text),
    handedOver: () => undefined,
    fetch: fakeFetch,
    randomBytes: (sizeBytes: number) => new Uint8Array(sizeBytes).fill(seed++),
    nowMs: () => nowMs,
    pause: async (delayMs: number) => {
      nowMs += delayMs;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const code = await runCli(line === "" ? [] : line.split(" "), io, "1.2.3");
  return { code, out, err };
}

/** Runs with --json and gives the parsed output. */
async function json(line: string): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(`--json ${line}`);
  // A payment names its txid there before it waits.
  expect(err.replace(/^\{"sent":.*\}\n/, "")).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
}

async function failure(line: string): Promise<[number, string]> {
  const { code, err, out } = await run(`--json ${line}`);
  expect(out).toBe("");
  const { error } = JSON.parse(err) as { error: { code: string; action: string } };
  expect(error.action).not.toBe("");
  return [code, error.code];
}

describe("keys", () => {
  it("are generated into private files, never over another, and never shown", async () => {
    const made = await run(`keys generate ${path("k.json")}`);
    expect(made.code).toBe(0);
    const text = readFileSync(path("k.json"), "utf8");
    const { seed: secret } = JSON.parse(text) as { seed: string };
    expect(made.out).not.toContain(secret);
    expect(statSync(path("k.json")).mode & 0o777).toBe(0o600);
    expect(await failure(`keys generate ${path("k.json")}`)).toEqual([3, "CLI_FILE_EXISTS"]);
    expect(readFileSync(path("k.json"), "utf8")).toBe(text);
    expect(await failure(`keys generate ${path("no/such/k.json")}`)).toEqual([3, "CLI_FILE"]);
  });

  it("show their public side", async () => {
    writeFileSync(path("rich.json"), formatSeed(RICH.seed), { mode: 0o644 });
    expect(await json(`keys show ${path("rich.json")}`)).toMatchObject({
      publicKey: toHex(RICH.publicKey),
      testnetAddress: RICH_ADDRESS,
    });
    expect((await run(`keys show ${path("rich.json")} --field testnetAddress`)).out).toBe(
      `${RICH_ADDRESS}\n`,
    );
    expect(await failure(`keys show ${path("rich.json")} --field seed`)).toEqual([2, "CLI_USAGE"]);
    expect(await json(`keys inspect ${path("rich.json")}`)).toMatchObject({
      intact: true,
      permissions: "others may read it: chmod 600",
    });
    expect((await run(`address ${toHex(RICH.publicKey)}`)).out).toBe(`${RICH_ADDRESS}\n`);
    expect((await run(`address ${path("rich.json")} --mainnet`)).out).toMatch(/^TIME1/);
    expect(await failure(`address ${"00".repeat(32)}`)).toEqual([2, "CLI_USAGE"]);
  });

  it("are refused when damaged, without a word of their contents", async () => {
    writeFileSync(path("bad.json"), formatSeed(RICH.seed).replace('"type"', '"tape"'));
    const { code, err } = await run(`keys inspect ${path("bad.json")}`);
    expect(code).toBe(3);
    expect(err).toMatch(/^error KEY_FILE_DAMAGED: .*\nnext: /);
    expect(err).not.toContain(toHex(RICH.seed));
  });
});

describe("genesis", () => {
  async function member(name: string): Promise<string> {
    await json(`keys generate ${path(`${name}-v.json`)}`);
    await json(`keys generate ${path(`${name}-n.json`)}`);
    const keys = `--validator-key ${path(`${name}-v.json`)} --node-key ${path(`${name}-n.json`)}`;
    await json(
      `genesis member --name ${name} --chain-id c-1 ${keys} --out ${path(`${name}.json`)}`,
    );
    return path(`${name}.json`);
  }

  it("is made from members and allocations, by flags or YAML", async () => {
    const [a, b] = [await member("a"), await member("b")];
    const flags = `--member ${a} --member ${b} --allocation ${RICH_ADDRESS}=12.5`;
    const made = await json(`genesis create --chain-id c-1 ${flags} --out ${path("g.json")}`);
    expect((await run(`genesis hash ${path("g.json")}`)).out.trim()).toBe(made.genesisHash);
    expect(await json(`genesis inspect ${path("g.json")}`)).toMatchObject({
      chainId: "c-1",
      profile: "Testnet",
      supply: "12.5",
      validators: [{ name: "a" }, { name: "b" }],
      allocations: [{ address: RICH_ADDRESS, amount: "12.5" }],
    });
    const nonce = (JSON.parse(readFileSync(path("g.json"), "utf8")) as { nonce: string }).nonce;
    const source = `chainId: c-1\nprofile: Testnet\nnonce: "${nonce}"\nmembers: [a.json, b.json]\nallocations:\n- {address: ${RICH_ADDRESS}, amount: "12.5"}\n`;
    writeFileSync(path("g.yaml"), source);
    const again = await json(`genesis create --from ${path("g.yaml")} --out ${path("g2.json")}`);
    expect(again.genesisHash).toBe(made.genesisHash);
    expect(
      await failure(`genesis create --from ${path("g.yaml")} --out ${path("g.json")}`),
    ).toEqual([3, "CLI_FILE_EXISTS"]);
  });

  it("refuses proofs for another chain and says what is wrong with a source", async () => {
    const a = await member("a");
    const create = (rest: string) => failure(`genesis create --out ${path("x.json")} ${rest}`);
    expect(await create(`--chain-id other --member ${a}`)).toEqual([3, "GENESIS_INVALID"]);
    expect(await create(`--chain-id c-1 --member ${path("none")}`)).toEqual([3, "CLI_FILE"]);
    expect(await create(`--chain-id c-1 --member ${a} --allocation x`)).toEqual([2, "CLI_USAGE"]);
    expect(await create("--chain-id c-1")).toEqual([2, "CLI_USAGE"]);
    writeFileSync(path("bad.yaml"), "chainId: [\n");
    expect(await create(`--from ${path("bad.yaml")}`)).toEqual([3, "GENESIS_INVALID"]);
    expect(existsSync(path("x.json"))).toBe(false);
  });
});

describe("send", () => {
  beforeEach(() => {
    writeFileSync(path("rich.json"), formatSeed(RICH.seed), { mode: 0o600 });
    node.utxos.push({
      outPoint: { txid: node.genesisHash, index: 0 },
      value: 10_000_000_000n,
      address: keyHashOf(RICH.publicKey),
      height: 0,
    });
  });

  const submitted = (): Transaction => {
    const [transaction] = [...node.pending.values()];
    if (transaction === undefined) throw new Error("nothing was submitted");
    return transaction;
  };

  it("builds, signs, submits and waits until it is final", async () => {
    const sending = json(`send ${OTHER_ADDRESS} 12.5 --key ${path("rich.json")}`);
    await expect.poll(() => node.listeners.size).toBe(1);
    const { body, witnesses } = submitted();
    node.commit([submitted()]);
    expect(await sending).toEqual({
      txid: toHex(txidOf(body)),
      from: RICH_ADDRESS,
      to: OTHER_ADDRESS,
      amount: "12.5",
      // With a salt of 257 satoshi.
      fee: "0.09990267",
      change: "87.40009733",
      inputs: 1,
      final: true,
      height: 1,
      blockhash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      seconds: 0,
    });
    const [witness] = witnesses;
    const message = txSignBytes(node.genesisHash, txidOf(body));
    expect(witness && verifyPure(witness.signature, message, RICH.publicKey)).toBe(true);
  });

  it("returns at once with --no-wait, and submits nothing with --dry-run", async () => {
    const dry = await json(`send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --dry-run --fee 2`);
    expect(node.pending.size).toBe(0);
    expect(dry).toMatchObject({ fee: "2", submitted: false });
    expect(toHex(txidOf(decodeTransaction(fromHex(dry.hex as string)).body))).toBe(dry.txid);
    expect(
      await json(`send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --no-wait`),
    ).toMatchObject({
      final: false,
    });
    expect(node.pending.size).toBe(1);
    // Its only coin is on the way: there is nothing left to spend.
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")}`;
    expect(await failure(send)).toEqual([5, "FUNDS_INSUFFICIENT"]);
  });

  it("names the txid and says that it is pending when it is not final in time", async () => {
    const line = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --timeout 0`;
    const { code, out, err } = await run(line);
    const txid = toHex(txidOf(submitted().body));
    expect(code).toBe(7);
    expect(out).toContain(`txid:      ${txid}\n`);
    expect(out).toMatch(/^final: +false$/m);
    expect(err).toMatch(/^pending PAYMENT_PENDING: .*\nnext: Do not pay again/);
    node.pending.clear();
    const json = await run(`--json ${line}`);
    const again = toHex(txidOf(submitted().body));
    expect(again).not.toBe(txid);
    expect(JSON.parse(json.out)).toMatchObject({ txid: again, final: false });
    expect(json.err.split("\n")[0]).toBe(JSON.stringify({ sent: { txid: again, isTaken: true } }));
    expect(json.code).toBe(7);
  });

  it("prints the txid before it waits", async () => {
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")}`;
    const { out, code } = await run(send, {}, (text) => {
      // Nothing else makes a block here: a later txid would come after a time out.
      if (text.includes("txid:")) node.commit([submitted()]);
    });
    expect(code).toBe(0);
    expect(out).toContain("final:     true\n");
  });

  it.each([
    [
      "refuses to wait",
      '{"jsonrpc":"2.0","id":1,"error":{"code":-12,"message":"","data":{"code":"RPC_BUSY","action":"Retry"}}}',
    ],
    ["is cut off", ""],
    [
      "stops",
      '{"jsonrpc":"2.0","id":1,"error":{"code":-28,"message":"","data":{"code":"RPC_STOPPING","action":"Ask"}}}',
    ],
  ])("polls where the node %s, and reports no failure", async (_how, answer) => {
    let asked = 0;
    distort = (text, method) => {
      if (method === "gettransaction" && ++asked === 3) node.commit([submitted()]);
      return text;
    };
    intercept = (method) => (method === "waitfortransaction" ? answer : undefined);
    const paid = await json(`send ${OTHER_ADDRESS} 1 --key ${path("rich.json")}`);
    expect(paid).toMatchObject({ final: true, height: 1 });
    expect(asked).toBe(4);
  });

  it("reports a payment as pending, not as failed, when the node is gone for good", async () => {
    intercept = (method) => (/^(wait|gett)/.test(method) ? "<html>" : undefined);
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --timeout 1`;
    const { code, err, out } = await run(send);
    expect([code, out.includes("txid:")]).toEqual([7, true]);
    expect(err).toContain("PAYMENT_PENDING");
  });

  it("passes on the node's refusal with its code", async () => {
    node.submit = () => fail("TX_CONFLICT", "spent already");
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")}`;
    expect(await failure(send)).toEqual([5, "TX_CONFLICT"]);
  });

  it("asks no node that is behind for coins", async () => {
    node.facts.isCaughtUp = () => false;
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")}`;
    expect(await failure(send)).toEqual([5, "NODE_BEHIND"]);
    expect(node.pending.size).toBe(0);
  });

  it("shows the bytes of what is not final yet", async () => {
    const sent = await json(`send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --no-wait`);
    expect(decodeTransaction(fromHex(sent.hex as string))).toEqual(submitted());
  });

  it("takes no payment of another `send` for its own", async () => {
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")}`;
    // Both looked at the coins before either had paid.
    node.submit = () => fail("TX_KNOWN", "it waits already");
    expect(await failure(send)).toEqual([5, "PAYMENT_KNOWN"]);
  });

  it("finds a payment whose answer was lost", async () => {
    distort = (text, method) => {
      if (method !== "sendrawtransaction") return text;
      node.commit([submitted()]);
      return "";
    };
    const { code, out, err } = await run(`send ${OTHER_ADDRESS} 1 --key ${path("rich.json")}`);
    expect([code, out.includes("final:     true\n")]).toEqual([0, true]);
    expect(err).toContain("looking for the payment");
  });

  it("tells to look, not to repeat, when a lost payment is not found", async () => {
    node.submit = () => fail("RPC_INTERNAL", "the disk is slow");
    intercept = (method) => (method === "waitfortransaction" ? "" : undefined);
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --timeout 1`;
    const { code, err, out } = await run(send);
    const [, txid = ""] = /^txid: +([0-9a-f]{64})$/m.exec(out) ?? [];
    expect(code).toBe(4);
    expect(err).toContain(`error PAYMENT_UNKNOWN`);
    expect(err).toContain(txid);
    expect(err).toContain("next: Do not pay again before you know");
  });

  it("refuses an absurd fee, names it, and takes the user's word for it", async () => {
    node.utxos.splice(0, 1, {
      outPoint: { txid: node.genesisHash, index: 0 },
      value: 20_000_000_000_000n,
      address: keyHashOf(RICH.publicKey),
      height: 0,
    });
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --no-wait`;
    expect(await failure(send)).toEqual([5, "FEE_TOO_HIGH"]);
    expect((await run(send)).err).toContain(
      "the fee would be 199.80019981 TIME for a payment of 1 TIME",
    );
    expect(await failure(`${send} --max-fee 199.8`)).toEqual([5, "FEE_TOO_HIGH"]);
    expect(node.pending.size).toBe(0);
    expect(await json(`${send} --max-fee 200`)).toMatchObject({
      fee: expect.stringMatching(/^199\.8002/) as string,
    });
  });

  it("refuses bad amounts, addresses and the wrong network", async () => {
    const key = `--key ${path("rich.json")}`;
    expect(await failure(`send ${OTHER_ADDRESS} 1e3 ${key}`)).toEqual([2, "AMOUNT_INVALID"]);
    expect(await failure(`send ${OTHER_ADDRESS} 0.00000001 ${key}`)).toEqual([5, "TX_DUST"]);
    expect(await failure(`send ${OTHER_ADDRESS} 0 ${key}`)).toEqual([2, "AMOUNT_INVALID"]);
    expect(await failure(`send ${OTHER_ADDRESS}x 1 ${key}`)).toEqual([2, "ADDRESS_LENGTH"]);
    const mainnet = addressOf(OTHER.publicKey, "mainnet");
    expect(await failure(`send ${mainnet} 1 ${key}`)).toEqual([2, "ADDRESS_NETWORK"]);
    const genesis = { ...node.genesis, nonce: new Uint8Array(32).fill(5) };
    writeFileSync(path("g.json"), formatGenesis(genesis));
    expect(await failure(`send ${OTHER_ADDRESS} 1 ${key} --genesis ${path("g.json")}`)).toEqual([
      5,
      "CLI_CHAIN_MISMATCH",
    ]);
  });

  it("does not believe a node that understates what an output is worth", async () => {
    const paid: Transaction = {
      body: {
        version: 1,
        inputs: [{ txid: node.genesisHash, index: 0 }],
        outputs: [{ value: 9_000_000_000n, address: keyHashOf(RICH.publicKey) }],
        payload: new Uint8Array(),
      },
      witnesses: [{ publicKey: RICH.publicKey, signature: new Uint8Array(64) }],
    };
    node.commit([paid]);
    const outPoint = { txid: txidOf(paid.body), index: 0 };
    const coin = { outPoint, value: 9_000_000_000n, address: keyHashOf(RICH.publicKey), height: 1 };
    node.utxos.splice(0, 1, coin);
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --no-wait`;
    node.utxos.splice(0, 1, { ...coin, value: 1_000_000_000n });
    expect(await failure(send)).toEqual([4, "RPC_BAD_ANSWER"]);
    expect(node.pending.size).toBe(0);
    node.utxos.splice(0, 1, coin);
    expect(await json(send)).toMatchObject({ inputs: 1 });
  });

  it("checks genesis outputs against the genesis file", async () => {
    writeFileSync(path("g.json"), formatGenesis(node.genesis));
    const send = `send ${OTHER_ADDRESS} 1 --key ${path("rich.json")} --genesis ${path("g.json")}`;
    expect(await failure(send)).toEqual([4, "RPC_BAD_ANSWER"]);
  });
});

describe("status", () => {
  it("says in two lines where the node stands, and in a third who was ejected", async () => {
    node.commit([]);
    const { out } = await run("status");
    const [chain, power, ...rest] = out.split("\n");
    expect(chain).toMatch(/ at block 1; round 0 of height 2: propose$/);
    expect(power).toBe("validators 1, power 1: quorum 1, tolerates 0");
    expect(rest).toEqual([""]);
    const { validators } = node.facts.consensus();
    const [validator] = validators;
    if (validator === undefined) throw new Error("there is one");
    node.ejected.push({ validator, height: 57 });
    const publicKey = toHex(validator.publicKey);
    const after = await run("status");
    expect(after.out.split("\n")[2]).toBe(
      `ejected: ${publicKey} (evidence in block 57, out from 59)`,
    );
    expect(await json("status")).toMatchObject({
      blocks: 1,
      validators: 1,
      quorumPower: 1,
      ejected: [{ publicKey, height: 57, outFrom: 59 }],
    });
  });

  it("shows no control character of a node's answer, and no answer of another form", async () => {
    distort = (text) => text.replace(/"step":"[^"]*"/, '"step":"\\u001b[2J"');
    const { out } = await run("status");
    expect(out).toContain("u{1b}");
    expect(out).not.toContain("\u001b");
    distort = (text, method) =>
      method === "getconsensusinfo" ? text.replace('"round":', '"rounds":') : text;
    expect(await failure("status")).toEqual([4, "RPC_BAD_ANSWER"]);
    expect(await failure("-r http://dead status")).toEqual([4, "RPC_UNREACHABLE"]);
  });
});

describe("trusted-block", () => {
  it("names the newest block as --trust takes it", async () => {
    expect(await failure("trusted-block")).toEqual([6, "RPC_NOT_FOUND"]);
    node.commit([]);
    const hash = toHex(node.facts.head().blockHash);
    expect((await run("trusted-block")).out).toBe(`1:${hash}\n`);
    expect(await json("trusted-block")).toEqual({ height: 1, hash, trust: `1:${hash}` });
  });
});

describe("queries", () => {
  it("say that a balance is old where the node is behind, and show no password of a URL", async () => {
    node.facts.isCaughtUp = () => false;
    const { code, err } = await run(`get-balance ${RICH_ADDRESS}`);
    expect([code, err]).toEqual([0, expect.stringMatching(/^note: .* has blocks up to 0 only/)]);
    const secret = await run(`-r ftp://user:hunter2@host/ get-balance ${RICH_ADDRESS}`);
    expect([secret.code, secret.err.includes("hunter2")]).toEqual([2, false]);
  });

  it("exist for every RPC method, with arguments it takes", () => {
    expect(QUERIES.map(({ method }) => method).toSorted()).toEqual(
      RPC_METHODS.map(({ name }) => name).toSorted(),
    );
    for (const { method, args } of QUERIES) {
      const names = Object.keys(methodNamed(method)?.params.shape ?? {});
      expect(
        args.map(({ param }) => param),
        method,
      ).toEqual(names);
    }
  });

  it("show answers for people and for programs", async () => {
    node.commit([]);
    expect((await run("get-block-count")).out).toBe("1\n");
    expect((await run("get-mempool-info")).out).toContain("minFeeSatoshi: 1000\n");
    expect((await run("get-peer-info")).out).toMatch(/^id +addr +linkIp +role/);
    expect((await run("get-raw-mempool")).out).toBe("(none)\n");
    const block = await json("get-block 1");
    expect(await json(`get-block ${String(block.hash)}`)).toEqual(block);
    expect((await run("validate-address nonsense")).out).toContain("isvalid: false");
  });

  it("fail with the code of the node and an exit code of the kind", async () => {
    expect(await failure("get-block 9")).toEqual([6, "RPC_NOT_FOUND"]);
    expect(await failure("get-balance x")).toEqual([2, "ADDRESS_PREFIX"]);
    expect(await failure("get-block x")).toEqual([2, "CLI_USAGE"]);
    expect((await run("get-block abc")).err).toContain(
      "a height, or a block hash of 64 hex digits",
    );
    expect(await failure("get-blok 1")).toEqual([2, "CLI_USAGE"]);
    expect(await failure("-r http://dead get-block-count")).toEqual([4, "RPC_UNREACHABLE"]);
    expect(await failure("-r ftp://x get-block-count")).toEqual([2, "CLI_USAGE"]);
    distort = () => "<html>";
    expect(await failure("get-block-count")).toEqual([4, "RPC_BAD_ANSWER"]);
    distort = () => '{"jsonrpc":"2.0","id":1,"error":{"code":-99,"message":"new"}}';
    expect((await run("get-block-count")).err).toBe("error RPC -99: new\n");
  });

  it("find the node by flag, environment or default", async () => {
    await run("get-block-count");
    await run("get-block-count", { TIME_RPC_URL: "http://env" });
    await run("-r http://flag get-block-count", { TIME_RPC_URL: "http://env" });
    expect(urls).toEqual(["http://127.0.0.1:24101", "http://env", "http://flag"]);
  });

  it("let no control character of a node reach the terminal", async () => {
    distort = () =>
      JSON.stringify({ jsonrpc: "2.0", id: 1, result: { a: "\u001B[2Jx\u202E", "k\u0007": 1 } });
    expect((await run("get-network-info")).out).toMatch(/^[ -~\n]*$/);
    const error = { code: -1, message: "\u001B[2J", data: { code: "\u0007", action: "\u0007" } };
    distort = () => JSON.stringify({ jsonrpc: "2.0", id: 1, error });
    expect((await run("get-network-info")).err).toMatch(/^[ -~\n]*$/);
  });
});

describe("program", () => {
  it("prints help and version without failing", async () => {
    expect(await run("--version")).toEqual({ code: 0, out: "1.2.3\n", err: "" });
    const help = await run("send --help");
    expect([help.code, help.err]).toEqual([0, ""]);
    expect(help.out).toContain("--no-wait");
  });

  it("takes nothing for an answer that is not the answer to its question", async () => {
    for (const text of [
      "{}",
      "[]",
      '{"ok":true,"reason":"up"}',
      '{"jsonrpc":"2.0","id":2,"result":1}',
      '{"jsonrpc":"2.0","id":1}',
    ]) {
      distort = () => text;
      expect([text, await failure("get-block-count")]).toEqual([text, [4, "RPC_BAD_ANSWER"]]);
    }
  });

  it("says what is missing when there is no command", async () => {
    const { code, err } = await run("");
    expect(code).toBe(2);
    expect(err).toContain("Usage: time-cli");
    expect(err).toMatch(/error CLI_USAGE: no command was given\nnext: /);
  });

  it("reads no more of a file than a key can have", async () => {
    const { code, err } = await run("keys show /dev/zero");
    expect(code).toBe(3);
    expect(err).toContain("CLI_FILE: /dev/zero: holds more than");
  });

  it("complains once, with the next step", async () => {
    const { code, err } = await run("get-blok");
    expect(code).toBe(2);
    expect(err).toContain("Did you mean get-block?");
    expect(err).toMatch(/\nnext: Run the program with --help/);
  });
});
