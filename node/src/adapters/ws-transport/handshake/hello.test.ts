import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { helloOf } from "../../../../test/raw-peer.ts";
import { identityOf } from "../../../../test/ws-nodes.ts";
import { encodeHello, MAX_HELLO_BYTES, PROTOCOL_VERSION, verifyHello } from "./hello.ts";
import type { NodeIdentity } from "./node-identity.ts";

const exported = new Uint8Array(32).fill(4);
let identity: NodeIdentity;
beforeAll(async () => {
  identity = await identityOf(5);
});

const hello = helloOf({ listenAddress: "node-1.example.:24100", role: "validator" });
const frame = () => encodeHello(hello, exported, (message) => identity.sign(message));
const verify = (bytes: Uint8Array, changes: { exported?: Uint8Array; key?: Uint8Array } = {}) =>
  verifyHello(
    bytes,
    { exported, key: identity.nodeKey, ...changes },
    { ...helloOf({ dialler: false }), oldestVersion: 1 },
  );

describe("hello", () => {
  it("says all that it was given to whom it was meant for", () => {
    expect(verify(frame())).toEqual({ ok: true, value: hello });
    expect(frame().length).toBeLessThan(MAX_HELLO_BYTES);
  });

  it("is refused with any bit turned", () => {
    const intact = frame();
    for (let bit = 0; bit < intact.length * 8; bit++) {
      const changed = Uint8Array.from(intact);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify(changed).ok).toBe(false);
    }
  });

  it("is refused cut short or with more behind it", () => {
    const intact = frame();
    for (let size = 0; size < intact.length; size++) {
      expect(verify(intact.subarray(0, size)).ok).toBe(false);
    }
    expect(verify(Uint8Array.of(...intact, 0)).ok).toBe(false);
  });

  it("is refused on another channel and under another key", () => {
    const other = new Uint8Array(32).fill(5);
    expect(verify(frame(), { exported: other })).toMatchObject({ code: "PEER_IDENTITY" });
    expect(verify(frame(), { key: other })).toMatchObject({ code: "PEER_IDENTITY" });
  });

  it("of another version is recognised whatever follows", () => {
    const future = Uint8Array.of(0x01, PROTOCOL_VERSION + 1, 0x00, 1, 2, 3);
    expect(verify(future)).toMatchObject({ code: "PEER_PROTOCOL_VERSION" });
  });

  it("does not put a stranger's chain id into a log line as it is", () => {
    const forged = { ...hello, chainId: 'x"\n{"level":"fatal"}' };
    const bytes = encodeHello(forged, exported, (message) => identity.sign(message));
    expect(verify(bytes)).toMatchObject({
      code: "PEER_CHAIN_MISMATCH",
      reason: 'the peer is of chain an unreadable id, this node "test-1"',
    });
  });

  it("never throws on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(verify(bytes).ok).toBe(false);
        expect(verify(Uint8Array.of(0x01, 0x01, 0x00, ...bytes)).ok).toBe(false);
      }),
    );
  });
});
