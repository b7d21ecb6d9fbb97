import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WatchEvent } from "./types.ts";
import { watchEvents } from "./watch-stream.ts";

const context = { call: "watch /api/v1/pods", confidential: false };

async function* piecesOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const sorted = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...sorted, bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function read(text: string, cuts: readonly number[] = []): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for await (const event of watchEvents(piecesOf(Buffer.from(text), cuts), context))
    events.push(event);
  return events;
}

const eventOf = (name: string): WatchEvent => ({
  type: "ADDED",
  object: { apiVersion: "v1", kind: "Pod", metadata: { name } },
});

describe("watchEvents", () => {
  it("reads the same events however the bytes are cut", async () => {
    const names = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.nat()), async (given, cuts) => {
        const events = given.map(eventOf);
        const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");
        expect(await read(text, cuts)).toEqual(events);
      }),
    );
  });

  it("drops an event that was cut short", async () => {
    const text = `${JSON.stringify(eventOf("a"))}\n${JSON.stringify(eventOf("b")).slice(0, 20)}`;
    expect(await read(text)).toEqual([eventOf("a")]);
  });

  it("ends with the error of an ERROR line", async () => {
    const object = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
    const text = `${JSON.stringify({ type: "ERROR", object })}\n`;
    await expect(read(text)).rejects.toMatchObject({
      code: "Gone",
      status: 410,
      reason: "Expired",
    });
  });

  it.each(["<html>\n", "[]\n", '{"type":"ADDED"}\n', '{"type":"NEWS","object":{}}\n'])(
    "refuses %j",
    async (text) => {
      await expect(read(text)).rejects.toMatchObject({ code: "Protocol" });
    },
  );

  it("refuses a line beyond its bound", async () => {
    await expect(read("x".repeat(8 * 1024 * 1024 + 1))).rejects.toMatchObject({ code: "TooLarge" });
  });
});
