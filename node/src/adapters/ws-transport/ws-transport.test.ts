import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import {
  closeCode,
  exportedOf,
  helloOf,
  otherCertificate,
  rawPeer,
  rawTls,
  rawWebSocket,
} from "../../../test/raw-peer.ts";
import { transportConformance } from "../../../test/transport-conformance.ts";
import { identityOf, logged, until, WsNodes, type WsTestNode } from "../../../test/ws-nodes.ts";
import { MAX_FRAME_BYTES } from "../../types/limits.ts";
import { encodeHello, type Hello, PROTOCOL_VERSION } from "./handshake/hello.ts";

/**
 * Waits for as long as a spare dial would take: two nodes beside the test link on their second attempt, after
 * the back-off and a handshake. So what was still to come in the test has come.
 */
async function oneMoreDial(nodes: WsNodes): Promise<void> {
  const [callee, caller] = [SETTLE_SEED, SETTLE_SEED + 1];
  const gone = await nodes.node(callee);
  await gone.stop();
  const dialler = await nodes.node(caller, { peers: [gone.address] });
  dialler.start();
  const hasFailed = () =>
    dialler.log.some(({ message }) => message === "no link to the peer; trying again");
  await until(hasFailed, "the first dial fails");
  const back = await nodes.node(callee);
  back.start();
  await until(() => dialler.transport.peers().length === 1, "the next dial links");
  await Promise.all([dialler.stop(), back.stop()]);
}

/** Node seeds that no test of the conformance suite uses. */
const SETTLE_SEED = 240;

transportConformance("ws", async () => {
  const nodes = new WsNodes();
  return {
    node: (seed, peers = []) => nodes.node(seed, { peers: peers.map(({ address }) => address) }),
    until,
    settle: () => oneMoreDial(nodes),
    close: () => nodes.closeAll(),
  };
});

const NEXT_VERSION = PROTOCOL_VERSION + 1;

describe("ws transport against what the network brings", () => {
  const nodes = new WsNodes();
  const closers: (() => void)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) close();
    await nodes.closeAll();
  });

  /** A raw peer that sends this hello; the code with which it is refused. */
  const refusalOf = async (
    node: WsTestNode,
    hello: Hello,
    { exported, seed = 50 }: { exported?: Uint8Array; seed?: number } = {},
  ): Promise<number> => {
    const identity = await identityOf(seed);
    const socket = await rawTls(node.transport.port, identity);
    const ws = await rawWebSocket(socket);
    const closed = closeCode(ws);
    ws.send(
      encodeHello(hello, exported ?? exportedOf(socket), (message) => identity.sign(message)),
    );
    return closed;
  };

  describe("the hello", () => {
    const other = new Uint8Array(32).fill(8);
    it.each([
      ["another genesis", { genesisHash: other }, "PEER_GENESIS_MISMATCH"],
      ["another chain", { chainId: "other-1" }, "PEER_CHAIN_MISMATCH"],
      [
        "another protocol version",
        { protocolVersion: NEXT_VERSION, oldestProtocolVersion: NEXT_VERSION },
        "PEER_PROTOCOL_VERSION",
      ],
    ] as const)("of %s is refused, and both sides log why", async (_, options, code) => {
      const a = await nodes.listening();
      const b = await nodes.node(2, { ...options, peers: [a.address] });
      b.start();
      await until(() => logged(a, code) !== undefined, "the listener logged it");
      await until(() => logged(b, code) !== undefined, "the dialler logged it");
      expect(a.events.lines).toEqual([]);
      expect(b.events.lines).toEqual([]);
    });

    it.each([
      ["the older one dials", 1, 2],
      ["the newer one dials", 2, 1],
    ])("of versions N and N + 1 links in version N where %s", async (_, dialling, heard) => {
      const a = await nodes.listening({ protocolVersion: heard, oldestProtocolVersion: 1 });
      const options = { protocolVersion: dialling, oldestProtocolVersion: 1 };
      const b = await nodes.node(2, { ...options, peers: [a.address] });
      b.start();
      await until(() => b.transport.peers().length === 1, "linked");
      await until(() => a.transport.peers().length === 1, "linked on the other side too");
      expect([a, b].map(({ transport }) => transport.peers()[0]?.version)).toEqual([1, 1]);
      const refusals = [a, b].filter((node) => logged(node, "PEER_PROTOCOL_VERSION") !== undefined);
      expect(refusals).toHaveLength(dialling > heard ? 2 : 0);
    });

    it("names both genesis hashes", async () => {
      const a = await nodes.listening();
      expect(await refusalOf(a, helloOf({ genesisHash: other }))).toBe(4001);
      expect(logged(a, "PEER_GENESIS_MISMATCH")?.detail).toContain("080808080808");
      expect(logged(a, "PEER_GENESIS_MISMATCH")?.detail).toContain("090909090909");
    });

    it("signed for another channel is refused", async () => {
      const a = await nodes.listening();
      const first = await rawTls(a.transport.port, await identityOf(50));
      const exported = exportedOf(first);
      first.destroy();
      expect(await refusalOf(a, helloOf(), { exported })).toBe(4004);
      expect(a.events.lines).toEqual([]);
    });

    it("of the listener's direction (a reflection) is refused", async () => {
      const a = await nodes.listening();
      expect(await refusalOf(a, helloOf({ dialler: false }))).toBe(4004);
    });

    it("signed by another key than TLS proved is refused", async () => {
      const a = await nodes.listening();
      const stranger = await identityOf(51);
      const socket = await rawTls(a.transport.port, await identityOf(50));
      const ws = await rawWebSocket(socket);
      const closed = closeCode(ws);
      ws.send(encodeHello(helloOf(), exportedOf(socket), (message) => stranger.sign(message)));
      expect(await closed).toBe(4004);
    });

    it("must be the first frame: nothing else reaches a handler", async () => {
      const a = await nodes.listening();
      const ws = await rawWebSocket(await rawTls(a.transport.port, await identityOf(50)));
      const closed = closeCode(ws);
      ws.send(Uint8Array.of(0x11, 1, 2, 3));
      expect(await closed).toBe(4012);
      expect(a.events.frames).toEqual([]);
      expect(logged(a, "PEER_MALFORMED")).toBeDefined();
    });

    it("cannot be preceded by many bytes", async () => {
      const a = await nodes.listening();
      const ws = await rawWebSocket(await rawTls(a.transport.port, await identityOf(50)));
      const closed = closeCode(ws);
      ws.send(new Uint8Array(100_000), { fin: false });
      await closed;
      expect(logged(a, "PEER_MALFORMED")?.detail).toBe("too many bytes before the hello");
    });
  });

  describe("identity", () => {
    it("of another node than the one dialled is refused before any HTTP", async () => {
      const a = await nodes.listening();
      const wrong = (await identityOf(77)).nodeId;
      const b = await nodes.node(2, { peers: [a.address.replace(a.id, wrong)] });
      b.start();
      await until(() => logged(b, "PEER_IDENTITY") !== undefined, "logged");
      expect(logged(b, "PEER_IDENTITY")?.detail).toContain(a.id);
      expect(a.events.lines).toEqual([]);
    });

    it("without an Ed25519 certificate is refused by the listener", async () => {
      const a = await nodes.listening();
      const socket = await rawTls(a.transport.port, await identityOf(50), {
        ...(await otherCertificate()),
        sigalgs: "ed25519:ecdsa_secp256r1_sha256",
      });
      await once(socket, "close");
      expect(logged(a, "PEER_IDENTITY")?.detail).toContain("no Ed25519 certificate");
    });

    it("without an Ed25519 certificate is refused by the dialler", async () => {
      const server = createTlsServer(await otherCertificate());
      server.on("tlsClientError", (_, socket) => socket.destroy());
      server.listen(0, "127.0.0.1");
      closers.push(() => server.close());
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const b = await nodes.node(2, { peers: [`${"ab".repeat(20)}@127.0.0.1:${port}`] });
      b.start();
      await until(() => logged(b, "PEER_HANDSHAKE_FAILED") !== undefined, "logged");
      expect(b.events.lines).toEqual([]);
    });

    it("is proved anew each time: a TLS session is never resumed", async () => {
      const a = await nodes.listening();
      const identity = await identityOf(50);
      const first = await rawTls(a.transport.port, identity);
      const [session] = (await once(first, "session")) as [Buffer];
      first.destroy();
      const second = await rawTls(a.transport.port, identity, { session });
      expect(second.isSessionReused()).toBe(false);
      second.destroy();
    });

    it("of the node itself is recognised and dropped", async () => {
      const a = await nodes.node(1);
      const peers = [a.address.replace(a.id, "ab".repeat(20))];
      const b = await nodes.node(1, { peers, port: 0 });
      a.start();
      b.start();
      await until(() => logged(b, "PEER_SELF") !== undefined, "logged");
      expect([...a.events.lines, ...b.events.lines]).toEqual([]);
    });
  });

  describe("a stranger", () => {
    it("that speaks no TLS is refused at once", async () => {
      const a = await nodes.listening();
      const socket = connectTcp(a.transport.port, "127.0.0.1");
      socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      socket.resume();
      await once(socket, "close");
      await until(() => logged(a, "PEER_HANDSHAKE_FAILED") !== undefined, "logged");
    });

    it("that speaks HTTP but does not upgrade is refused", async () => {
      const a = await nodes.listening();
      const socket = await rawTls(a.transport.port, await identityOf(50));
      socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      socket.resume();
      await once(socket, "close");
      expect(logged(a, "PEER_HANDSHAKE_FAILED")?.detail).toContain("no WebSocket upgrade");
    });

    it.each([
      ["says nothing", async (port: number) => connectTcp(port, "127.0.0.1")],
      [
        "stops after TLS, in the middle of the HTTP head",
        async (port: number) => {
          const socket = await rawTls(port, await identityOf(50));
          socket.write("GET / HTTP/1.1\r\nx-slow: ");
          return socket;
        },
      ],
      [
        "stops before its hello",
        async (port: number) => {
          const socket = await rawTls(port, await identityOf(50));
          await rawWebSocket(socket);
          return socket;
        },
      ],
    ])("that %s is timed out", async (_, open) => {
      const a = await nodes.listening({ limits: { handshakeTimeoutMs: 1_000 } });
      const socket = await open(a.transport.port);
      socket.resume();
      await once(socket, "close");
      expect(logged(a, "PEER_HANDSHAKE_TIMEOUT")).toBeDefined();
      expect(a.events.lines).toEqual([]);
    });

    it("gets only a few handshakes at a time, and the places come back", async () => {
      const a = await nodes.listening({ limits: { maxPendingPerIp: 2 } });
      const idle = [0, 1].map(() => connectTcp(a.transport.port, "127.0.0.1"));
      await Promise.all(idle.map((socket) => once(socket, "connect")));
      const third = connectTcp(a.transport.port, "127.0.0.1");
      third.on("error", () => third.destroy());
      third.resume();
      await once(third, "close");
      await until(() => logged(a, "PEER_TOO_MANY") !== undefined, "logged");
      for (const socket of idle) socket.destroy();
      const b = await nodes.node(2, { peers: [a.address] });
      b.start();
      await until(() => a.transport.peers().length === 1, "linked once the places are free");
    });

    it("in the way of a dial is timed out", async () => {
      const mute = createTcpServer((socket) => closers.push(() => socket.destroy()));
      mute.listen(0, "127.0.0.1");
      closers.push(() => mute.close());
      await once(mute, "listening");
      const { port } = mute.address() as AddressInfo;
      const peers = [`${"ab".repeat(20)}@127.0.0.1:${port}`];
      const b = await nodes.node(2, { peers, limits: { handshakeTimeoutMs: 100 } });
      b.start();
      await until(() => logged(b, "PEER_HANDSHAKE_TIMEOUT") !== undefined, "logged");
    });
  });

  describe("a linked peer", () => {
    it("that sends a frame above the limit is dropped, and both sides know why", async () => {
      const a = await nodes.listening();
      const { ws } = await rawPeer(a.transport.port, await identityOf(50));
      await until(() => a.transport.peers().length === 1, "linked");
      const closed = closeCode(ws);
      ws.send(new Uint8Array(MAX_FRAME_BYTES + 1).fill(0x11));
      expect(await closed).toBe(1009);
      await until(() => a.events.reasons.includes("PEER_FRAME_TOO_LARGE"), "told");
      expect(a.events.frames).toEqual([]);
    });

    it.each([
      ["text", "hello"],
      ["an empty frame", new Uint8Array(0)],
    ])("that sends %s is dropped", async (_, frame) => {
      const a = await nodes.listening();
      const { ws } = await rawPeer(a.transport.port, await identityOf(50));
      const closed = closeCode(ws);
      ws.send(frame);
      expect(await closed).toBe(4012);
      await until(() => a.events.reasons.includes("PEER_MALFORMED"), "told");
      expect(a.events.frames).toEqual([]);
    });

    it("that does not read is dropped when consensus frames pile up", async () => {
      const a = await nodes.listening({ limits: { maxSendBufferBytes: 4 * 1024 * 1024 } });
      const { socket } = await rawPeer(a.transport.port, await identityOf(50));
      closers.push(() => socket.destroy());
      const [peer] = a.transport.peers();
      socket.pause();
      const frame = new Uint8Array(512 * 1024).fill(0x10);
      while (a.transport.send(peer?.id ?? "", frame)) await new Promise(setImmediate);
      await until(() => a.events.reasons.includes("PEER_SLOW"), "dropped");
      expect(a.transport.peers()).toEqual([]);
    });

    it("that does not read is dropped when nothing was taken for a while", async () => {
      const a = await nodes.listening({ limits: { stallTimeoutMs: 200 } });
      const { socket } = await rawPeer(a.transport.port, await identityOf(50));
      closers.push(() => socket.destroy());
      const [peer] = a.transport.peers();
      socket.pause();
      // Bulk only: it fills its own bound, is refused above it, and never drops the link by itself.
      const frame = new Uint8Array(512 * 1024).fill(0x22);
      let refused = 0;
      for (let i = 0; i < 40; i++) {
        if (!a.transport.send(peer?.id ?? "", frame)) refused++;
        await new Promise(setImmediate);
      }
      expect(refused).toBeGreaterThan(0);
      await until(() => a.events.reasons.includes("PEER_SLOW"), "dropped");
    });

    it("that sends faster than its rate is slowed down, not dropped, and loses nothing", async () => {
      const a = await nodes.listening({ limits: { rateBytesPerSec: 8 * 1024 * 1024 } });
      const { ws } = await rawPeer(a.transport.port, await identityOf(50));
      const frame = new Uint8Array(1024 * 1024).fill(0x22);
      for (let i = 0; i < 12; i++) ws.send(frame);
      await until(() => a.events.frames.length === 12, "all arrived");
      expect(a.transport.peers()).toHaveLength(1);
      ws.terminate();
    });

    it("that was restarted takes the place of its dead link", async () => {
      const a = await nodes.listening();
      const identity = await identityOf(50);
      const first = await rawPeer(a.transport.port, identity);
      const closed = closeCode(first.ws);
      const session = new Uint8Array(16).fill(2);
      const second = await rawPeer(a.transport.port, identity, helloOf({ session }));
      expect(await closed).toBe(4010);
      const { nodeId } = identity;
      const lines = [`connected ${nodeId}`, `disconnected ${nodeId}`, `connected ${nodeId}`];
      expect(a.events.lines).toEqual(lines);
      second.ws.terminate();
    });
  });

  describe("limits", () => {
    it("refuse a stranger above maxInbound, while a configured peer has a place besides", async () => {
      const known = await identityOf(4);
      // Nobody listens on the port that it is configured with: its link comes in from outside.
      const peers = [`${known.nodeId}@127.0.0.1:1`];
      const a = await nodes.listening({ peers, limits: { maxInbound: 1 } });
      const first = await nodes.node(2, { peers: [a.address] });
      first.start();
      await until(() => a.transport.peers().length === 1, "the first is linked");
      const second = await nodes.node(3, { peers: [a.address] });
      second.start();
      await until(() => logged(second, "PEER_TOO_MANY") !== undefined, "the second is told");
      expect(a.transport.peers().map(({ id }) => id)).toEqual([first.id]);
      const third = await nodes.node(4, { peers: [a.address] });
      third.start();
      await until(
        () => a.events.count("connected", known.nodeId) === 1,
        "the configured one is in",
      );
      expect(a.events.count("disconnected", first.id)).toBe(0);
    });

    it("refuse more links from one address than maxPerIp", async () => {
      const a = await nodes.listening({ limits: { maxPerIp: 1 } });
      const { ws } = await rawPeer(a.transport.port, await identityOf(50));
      expect(await refusalOf(a, helloOf(), { seed: 51 })).toBe(4006);
      expect(logged(a, "PEER_TOO_MANY")).toBeDefined();
      ws.terminate();
    });
  });

  it("lets one address begin only so many handshakes in a second, however short they are", async () => {
    const a = await nodes.listening({ limits: { maxHandshakesPerSecPerIp: 3 } });
    // Within one second, or the loop goes on until a second holds four of them.
    await until(() => {
      const socket = connectTcp(a.transport.port, "127.0.0.1");
      socket.on("error", () => socket.destroy());
      socket.once("connect", () => socket.end("x"));
      return logged(a, "PEER_TOO_MANY") !== undefined;
    }, "refused");
    const b = await nodes.node(2, { peers: [a.address] });
    b.start();
    await until(() => a.transport.peers().length === 1, "linked a second later");
  });

  it("leaves no socket, server or timer behind when it stops, whatever was under way", async () => {
    const open = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => /^(?:TCP|TLS|Timeout|GetAddrInfo)/.test(name));
    const before = open().length;
    const a = await nodes.listening({ peers: [`${"ab".repeat(20)}@192.0.2.1:9`] });
    const b = await nodes.node(2, { peers: [a.address, `${"cd".repeat(20)}@127.0.0.1:9`] });
    b.start();
    await until(() => a.transport.peers().length === 1, "linked");
    const idle = connectTcp(a.transport.port, "127.0.0.1");
    idle.on("error", () => idle.destroy());
    await once(idle, "connect");
    await Promise.all([a.stop(), b.stop()]);
    await until(() => open().length <= before, `closed: ${before} before, now ${open().join(" ")}`);
  });

  it("names the port, the host and the next step where the port is taken", async () => {
    const a = await nodes.node(1);
    const { port } = a.transport;
    const failure = await nodes.node(2, { port }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "P2P_PORT_IN_USE", details: { port } });
    expect(String(failure)).toContain(`P2P port ${port} on 127.0.0.1`);
  });

  it("names the address where it is none of this machine", async () => {
    const failure = await nodes.node(2, { host: "192.0.2.1" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "P2P_LISTEN_FAILED" });
  });

  it("never links with a node that p2p.refuse names, whoever dials", async () => {
    const [refused, other] = [await nodes.node(71), await nodes.node(72)];
    const peers = [refused.address, other.address];
    const picky = await nodes.node(70, { peers, refuse: [refused.id] });
    for (const node of [refused, other, picky]) node.start();
    refused.transport.learn([picky.address], picky.id);
    const isRefused = () => refused.log.some(({ code }) => code === "PEER_BANNED");
    await until(() => isRefused() && picky.transport.peers().length > 0, "refused, and linked");
    expect(picky.transport.peers().map(({ id }) => id)).toEqual([other.id]);
    expect(picky.events.lines.some((line) => line.includes(refused.id))).toBe(false);
    // The line names whom.
    expect(logged(picky, "PEER_BANNED")).toMatchObject({ peer: refused.id, ip: "127.0.0.1" });
  });

  it("does not open where p2p.refuse names itself", async () => {
    const { nodeId } = await identityOf(70);
    const failure = await nodes.node(70, { refuse: [nodeId] }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "PEER_SELF" });
    expect(String(failure)).toContain("p2p.refuse");
  });

  it("leaves itself out of a list of peers that all nodes share", async () => {
    const other = await nodes.node(71);
    const { nodeId } = await identityOf(70);
    const peers = [`${nodeId}@127.0.0.1:9`, other.address];
    const one = await nodes.node(70, { peers });
    other.start();
    one.start();
    await until(() => one.transport.peers().length > 0, "linked with the other");
    expect(logged(one, "PEER_SELF")).toBeUndefined();
  });

  it("settles every pair of twelve nodes that all dial each other at once, without a flap", async () => {
    const size = 12;
    const limits = { targetPeers: size, handshakeTimeoutMs: 60_000 };
    const clusterRanges = ["127.0.0.0/8"];
    const all: WsTestNode[] = [];
    for (let i = 0; i < size; i++) all.push(await nodes.node(100 + i, { limits, clusterRanges }));
    for (const node of all) node.start();
    for (const node of all)
      node.transport.learn(
        all.map(({ address }) => address),
        all[0]?.id ?? "",
      );
    const complete = () => all.every(({ transport }) => transport.peers().length === size - 1);
    await until(complete, "every node is linked to every other");
    for (const node of all) {
      for (const { id } of node.transport.peers()) node.transport.send(id, Uint8Array.of(0x11));
    }
    const delivered = () => all.every(({ events }) => events.frames.length === size - 1);
    await until(delivered, "a frame from each to each");
    for (const { events } of all) {
      expect(new Set(events.lines).size).toBe(size - 1);
      expect(events.reasons).toEqual([]);
    }
    // Both sides agree who dialled the link that stands.
    for (const node of all) {
      for (const { id, outbound } of node.transport.peers()) {
        const other = all.find((candidate) => candidate.id === id);
        const theirs = other?.transport.peers().find((peer) => peer.id === node.id);
        expect(theirs?.outbound).toBe(!outbound);
      }
    }
  });

  it("joins 30 nodes in one mesh, each link once, and carries a vote from each to all", async () => {
    const size = 30;
    const mesh: WsTestNode[] = [];
    for (let i = 0; i < size; i++) {
      const peers = mesh.map(({ address }) => address);
      mesh.push(await nodes.node(100 + i, { peers, limits: { handshakeTimeoutMs: 60_000 } }));
    }
    for (const node of mesh) node.start();
    const complete = () => mesh.every(({ transport }) => transport.peers().length === size - 1);
    await until(complete, "every node is linked to every other", 60_000);
    for (const node of mesh) {
      for (const { id } of node.transport.peers()) {
        expect(node.transport.send(id, new Uint8Array(200).fill(0x11))).toBe(true);
      }
    }
    const delivered = () => mesh.every(({ events }) => events.frames.length === size - 1);
    await until(delivered, "every vote is everywhere");
    expect(mesh.flatMap(({ events }) => events.reasons)).toEqual([]);
    expect(mesh.map(({ events }) => events.lines.length)).toEqual(mesh.map(() => size - 1));
  });
});
