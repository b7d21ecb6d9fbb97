import { describe, expect, it } from "vitest";
import { FRAGMENT_BYTES, Outbox, WINDOW_BYTES } from "./outbox.ts";

/** A socket that takes fragments when told to. */
function openSink() {
  const written: { readonly type: number | undefined; readonly last: boolean; size: number }[] = [];
  const waiting: (() => void)[] = [];
  const write = (fragment: Uint8Array, last: boolean, taken: () => void): void => {
    written.push({ type: fragment[0], last, size: fragment.length });
    waiting.push(taken);
  };
  const take = (count = waiting.length): void => {
    for (const taken of waiting.splice(0, count)) taken();
  };
  return { written, take, write, inFlight: () => waiting.length };
}

const limits = { maxBulkBytes: 1024 * 1024, maxTotalBytes: 2 * 1024 * 1024 };
const frame = (type: number, sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).fill(type);
const [VOTE, BLOCKS] = [0x11, 0x22];

describe("outbox", () => {
  it("writes small frames at once and whole", () => {
    const sink = openSink();
    const outbox = new Outbox(sink, limits);
    for (let i = 0; i < 3; i++) expect(outbox.put(frame(VOTE, 200))).toBe("queued");
    expect(sink.written).toEqual([0, 1, 2].map(() => ({ type: VOTE, last: true, size: 200 })));
    sink.take();
    expect(outbox.pendingBytes).toBe(0);
    expect(outbox.completedWrites).toBe(3);
  });

  it("never hands the socket more than its window and one fragment", () => {
    const sink = openSink();
    const outbox = new Outbox(sink, limits);
    for (let i = 0; i < 20; i++) outbox.put(frame(BLOCKS, 50_000));
    const handed = sink.written.reduce((sum, { size }) => sum + size, 0);
    expect(handed).toBeGreaterThanOrEqual(WINDOW_BYTES);
    expect(handed).toBeLessThan(WINDOW_BYTES + FRAGMENT_BYTES);
  });

  it("lets consensus frames pass all bulk but the frame being written, which is never torn", () => {
    const sink = openSink();
    const outbox = new Outbox(sink, limits);
    outbox.put(frame(BLOCKS, 500_000));
    outbox.put(frame(BLOCKS, 100_000));
    outbox.put(frame(VOTE, 200));
    while (sink.inFlight() > 0) sink.take(1);
    const types = sink.written.map(({ type }) => type);
    expect(types).toEqual([...Array(8).fill(BLOCKS), VOTE, BLOCKS, BLOCKS]);
    expect(sink.written[7]).toMatchObject({ last: true });
    expect(sink.written.slice(0, 7).every(({ last }) => !last)).toBe(true);
  });

  it("refuses bulk above its bound, and still takes consensus frames", () => {
    const outbox = new Outbox(openSink(), limits);
    let taken = 0;
    while (outbox.put(frame(BLOCKS, 100_000)) === "queued") taken++;
    expect(taken * 100_000).toBeLessThan(limits.maxBulkBytes + 2 * WINDOW_BYTES);
    expect(outbox.put(frame(VOTE, 200))).toBe("queued");
  });

  it("overflows when consensus frames pile up, however small", () => {
    const outbox = new Outbox(openSink(), limits);
    let taken = 0;
    while (outbox.put(frame(VOTE, 1)) === "queued") taken++;
    // Each frame counts for its overhead, too: the number is bounded, not only the bytes.
    expect(taken).toBeLessThan(limits.maxTotalBytes / 2);
    expect(outbox.put(frame(BLOCKS, 1))).toBe("refused");
    expect(outbox.put(frame(VOTE, 1))).toBe("overflow");
  });

  it("writes nothing more once cleared", () => {
    const sink = openSink();
    const outbox = new Outbox(sink, limits);
    for (let i = 0; i < 20; i++) outbox.put(frame(BLOCKS, 50_000));
    const before = sink.written.length;
    outbox.clear();
    sink.take();
    expect(sink.written).toHaveLength(before);
    expect(outbox.pendingBytes).toBe(0);
  });
});
