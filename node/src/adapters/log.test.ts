import { describe, expect, it } from "vitest";
import { CodedError } from "../types/errors.ts";
import { createLog, type LogOptions } from "./log.ts";
import { prettyLine } from "./pretty-log.ts";

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    isColoured: false,
    ...options,
    stream: { write: (line) => lines.push(line) },
  });
  const records = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, records };
}

describe("createLog", () => {
  it("writes one JSON object a line, with the fields of its parents", () => {
    const { log, records } = capture();
    log.child({ room: "sync" }).warn({ height: 7 }, "behind");
    expect(records()).toEqual([
      {
        level: "warn",
        time: expect.any(String) as string,
        room: "sync",
        height: 7,
        message: "behind",
      },
    ]);
  });

  it("shows bytes as hex, bigints as decimals and errors with code and next step", () => {
    const { log, records } = capture();
    const error = new CodedError("PORT_IN_USE", "127.0.0.1:1 is taken");
    log.error(
      { hash: Uint8Array.of(1, 255), fee: 12n, error, cause: new TypeError("x") },
      "failed",
    );
    expect(records()[0]).toMatchObject({
      hash: "01ff",
      fee: "12",
      error: { code: "PORT_IN_USE", message: "127.0.0.1:1 is taken", action: error.action },
      cause: { name: "TypeError", message: "x" },
    });
  });

  it("redacts secrets by field name, nested and in children", () => {
    const { log, lines } = capture();
    log
      .child({ token: "hush-1" })
      .info({ seed: "hush-2", request: { authorization: "hush-3" } }, "m");
    log.info({ a: { b: { password: "hush-4" } } }, "m");
    expect(lines.join("")).not.toContain("hush");
    expect(lines.join("")).toContain("[redacted]");
  });

  it("keeps to its level, which can change", () => {
    const { log, lines } = capture({ level: "warn" });
    log.info({}, "unheard");
    log.setLevel("debug");
    log.debug({}, "heard");
    expect(lines).toHaveLength(1);
  });

  it("writes lines for people", () => {
    const { log, lines } = capture({ format: "pretty" });
    log.info({ height: 3, peer: "a b" }, "block committed");
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} INFO {2}block committed {22}height=3 peer="a b"\n$/,
    );
  });
});

describe("prettyLine", () => {
  it("never passes a control character through", () => {
    const line = JSON.stringify({
      level: "info",
      message: "\u001B[2Jx\ny",
      field: "\u001B[2J\u0007",
    });
    expect(prettyLine(line, false).trimEnd()).toMatch(/^[ -~]*$/);
  });

  it("leaves what is not JSON as it is", () => {
    expect(prettyLine("plain\n", true)).toBe("plain\n");
  });
});
