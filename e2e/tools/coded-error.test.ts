// The text of a failure: code, thing, place, reason, log lines, next step.
import { describe, expect, it } from "vitest";
import { formatFailure, ToolingError } from "./coded-error.ts";
import { TOOLING_ERRORS } from "./tooling-errors.ts";

const failure = {
  code: "CLUSTER_ENGINE_START",
  thing: "dockerd",
  place: "/cache/engine",
  reason: "it ended before it answered",
  action: "read /cache/logs/dockerd.log.",
} as const;

describe("formatFailure", () => {
  it("shows code, thing, place, reason and next step", () => {
    expect(formatFailure(new ToolingError(failure))).toBe(
      "error CLUSTER_ENGINE_START: dockerd at /cache/engine: it ended before it answered\n" +
        "next: read /cache/logs/dockerd.log.",
    );
  });

  it("shows the log's last lines between reason and next step", () => {
    const text = formatFailure(new ToolingError({ ...failure, logTail: ["one", "two"] }));
    expect(text.split("\n").slice(1)).toEqual(["  | one", "  | two", `next: ${failure.action}`]);
  });

  it("takes the next step from the catalogue where the failure names none", () => {
    const text = formatFailure(new ToolingError({ ...failure, action: undefined }));
    expect(text.split("\nnext: ")[1]).toBe(TOOLING_ERRORS.CLUSTER_ENGINE_START.action);
  });

  it("calls anything else a fault of the tooling, with its stack", () => {
    const text = formatFailure(new TypeError("x is undefined"));
    expect(text).toContain("error TOOLING_UNEXPECTED: TypeError: x is undefined\n    at ");
    expect(text).toContain("\nnext: ");
  });
});
