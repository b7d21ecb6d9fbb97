// Strangers against real transports on loopback addresses: 127.0.0.1 is where the honest nodes are, 127.1.x.y
// and on are the attackers' networks.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { closeCode, helloOf, rawPeer } from "../../../test/raw-peer.ts";
import { logged, until, WsNodes, type WsTestNode } from "../../../test/ws-nodes.ts";
import { openNodeIdentity } from "./handshake/node-identity.ts";

const BANNED = 4008;

describe("strangers", () => {
  const nodes = new WsNodes();
  const closers: (() => void)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) close();
    await nodes.closeAll();
  });

  /** A linked stranger with a fresh key. */
  const stranger = async (node: WsTestNode, localAddress: string, hello = helloOf()) => {
    const identity = await openNodeIdentity(randomBytes(32));
    const peer = await rawPeer(node.transport.port, identity, hello, { localAddress });
    closers.push(() => peer.ws.terminate());
    return { ...peer, identity };
  };

  /** A connection that says nothing, once TCP stands. */
  const silent = async (node: WsTestNode, localAddress: string): Promise<Socket> => {
    const socket = connectTcp({ port: node.transport.port, host: "127.0.0.1", localAddress });
    socket.on("error", () => socket.destroy());
    closers.push(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };

  it("that hold half-open connections from a thousand addresses keep nobody away", async () => {
    const a = await nodes.listening({
      limits: { handshakeTimeoutMs: 60_000, maxPendingHandshakes: 64 },
    });
    for (let i = 0; i < 1_000; i++) await silent(a, `127.1.${i >> 8}.${i & 255}`);
    const b = await nodes.node(2, { peers: [a.address] });
    b.start();
    await until(() => a.transport.peers().length === 1, "an honest node is linked");
    expect(a.transport.peers().map(({ id }) => id)).toEqual([b.id]);
    expect(logged(b, "PEER_HANDSHAKE_TIMEOUT")).toBeUndefined();
  });

  it("that hold half-open connections from the validator's own address keep it away neither", async () => {
    const a = await nodes.listening({ limits: { handshakeTimeoutMs: 60_000 } });
    for (let i = 0; i < 300; i++) await silent(a, "127.0.0.1");
    const b = await nodes.node(2, { peers: [a.address] });
    b.start();
    await until(() => a.transport.peers().length === 1, "linked");
  });

  it("of the network of the validators take no place of a validator, whose key the chain names", async () => {
    const a = await nodes.listening({ limits: { maxInbound: 8, maxPerNetwork: 1_000 } });
    const validators = await Promise.all(
      [20, 21, 22].map((seed) => nodes.node(seed, { peers: [a.address] })),
    );
    a.transport.protect(validators.map(({ identity }) => identity.nodeKey));
    for (let i = 0; i < 40; i++) {
      await stranger(a, `127.0.${i + 1}.1`).catch(() => undefined);
    }
    for (const validator of validators) validator.start();
    const isLinked = ({ id }: WsTestNode) => a.transport.peers().some((peer) => peer.id === id);
    await until(() => validators.every(isLinked), "all validators are linked");
    for (let i = 40; i < 60; i++) await stranger(a, `127.0.${i + 1}.1`).catch(() => undefined);
    expect(validators.every(isLinked)).toBe(true);
    expect(a.transport.peers().length).toBeLessThanOrEqual(3 + 8);
  });

  it("of a crowd make room for an honest newcomer of another network", async () => {
    const a = await nodes.listening({ limits: { maxInbound: 6, maxPerNetwork: 1_000 } });
    for (let i = 0; i < 5; i++) await stranger(a, `127.1.${i}.1`);
    const youngest = await stranger(a, "127.1.5.1");
    const closed = closeCode(youngest.ws);
    const honest = await stranger(a, "127.9.0.1");
    expect(await closed).toBe(4006);
    const ids = a.transport.peers().map(({ id }) => id);
    expect(ids).toContain(honest.identity.nodeId);
    expect(ids).toHaveLength(6);
  });

  it("have at most so many links with one network", async () => {
    const a = await nodes.listening({ limits: { maxPerNetwork: 3 } });
    for (let i = 0; i < 3; i++) await stranger(a, `127.1.0.${i + 1}`);
    await expect(stranger(a, "127.1.0.9")).rejects.toThrow();
    await stranger(a, "127.1.1.9");
    expect(a.transport.peers()).toHaveLength(4);
  });

  it("that flood WebSocket pings are banned", async () => {
    const a = await nodes.listening();
    const identity = await openNodeIdentity(randomBytes(32));
    const codes: number[] = [];
    while (codes.at(-1) !== BANNED && codes.length < 10) {
      const settings = { localAddress: "127.1.0.1" };
      const { ws } = await rawPeer(a.transport.port, identity, helloOf(), settings);
      const closed = closeCode(ws);
      for (let i = 0; i < 60; i++) ws.ping();
      codes.push(await closed);
    }
    expect(codes).toEqual([4011, 4011, 4011, 4011, 4011, BANNED]);
    expect(a.transport.bans.list()).toMatchObject([{ target: identity.nodeId }]);
  });

  it("that break the rules of a frame with key after key get their address banned, not their neighbours", async () => {
    const a = await nodes.listening();
    for (let i = 0; i < 7; i++) {
      const { ws } = await stranger(a, "127.1.0.1");
      const closed = closeCode(ws);
      ws.send("text");
      expect(await closed).toBe(4012);
    }
    expect(a.transport.bans.list()).toMatchObject([{ target: "127.1.0.1", by: "node" }]);
    await expect(stranger(a, "127.1.0.1")).rejects.toThrow();
    await stranger(a, "127.1.0.2");
    expect(logged(a, "PEER_BANNED")).toMatchObject({ range: "127.1.0.1", lastsMs: 60_000 });
  });

  it("that an operator bans lose their links and stay away after a restart", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "bans-"));
    closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const a = await nodes.listening({ dataDir });
    const { ws } = await stranger(a, "127.1.0.1");
    const other = await stranger(a, "127.2.0.1");
    const closed = closeCode(ws);
    expect(a.transport.bans.set("127.1.0.0/16", 60_000, "mine")).toMatchObject({ ok: true });
    expect(await closed).toBe(BANNED);
    await until(() => a.transport.peers().length === 1, "one is left");
    expect(a.transport.peers()[0]?.id).toBe(other.identity.nodeId);
    await a.stop();
    const again = await nodes.listening({ dataDir });
    await expect(stranger(again, "127.1.0.7")).rejects.toThrow();
    expect(again.transport.bans.clear()).toBe(1);
    await stranger(again, "127.1.0.7");
  });

  it("that lie are banned, and keep their links until then", async () => {
    const a = await nodes.listening();
    const { ws, identity } = await stranger(a, "127.1.0.1");
    const closed = closeCode(ws);
    for (let i = 0; i < 2; i++) a.transport.accuse(identity.nodeId, 30, "a lie");
    expect(a.transport.peers()).toHaveLength(1);
    a.transport.accuse(identity.nodeId, 30, "a lie");
    expect(await closed).toBe(BANNED);
    expect(a.transport.bans.list()).toMatchObject([{ target: identity.nodeId, by: "node" }]);
  });

  it("and others are banned by the address of the link, which is not always the advertised one", async () => {
    const a = await nodes.listening();
    const b = await nodes.node(2, { peers: [a.address], advertise: "127.0.0.3:24100" });
    b.start();
    await until(() => a.transport.peers().length === 1, "b is linked");
    const [shown] = a.transport.peers();
    expect(shown).toMatchObject({ address: `${b.id}@127.0.0.3:24100`, linkIp: "127.0.0.1" });
    a.transport.bans.set("127.0.0.3", 60_000, "what b advertises");
    expect(a.transport.peers()).toEqual([shown]);
    a.transport.bans.set(shown?.linkIp ?? "", 60_000, "where the link comes from");
    await until(() => a.transport.peers().length === 0, "b has lost its link");
  });

  it("that tell of invented addresses cause few dials and no warnings, and are banned", async () => {
    const a = await nodes.listening({
      limits: { toldAtOnce: 128, toldPerSec: 1, strangerDialsAtOnce: 8 },
    });
    const { ws, identity } = await stranger(a, "127.1.0.1");
    const closed = closeCode(ws);
    let frames = 0;
    while (!a.transport.bans.list().some(({ target }) => target === identity.nodeId)) {
      const invented = Array.from(
        { length: 64 },
        (_, i) => `${randomBytes(20).toString("hex")}@127.8.${i}.${frames % 250}:9`,
      );
      a.transport.learn(invented, identity.nodeId);
      frames++;
      if (a.transport.peers().length === 0) break;
    }
    expect(await closed).toBe(4011);
    expect(frames).toBeLessThan(40);
    const dials = () => a.log.filter(({ message }) => message.startsWith("no link to the peer"));
    await until(() => dials().length >= 8, "what was taken is dialled");
    expect(dials().every(({ level }) => level === "debug")).toBe(true);
    expect(a.log.filter(({ level }) => level === "warn").length).toBeLessThan(5);
  });
});
