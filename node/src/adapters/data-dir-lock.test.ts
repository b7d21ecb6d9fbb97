import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { lockDataDir, requireDataDir } from "./data-dir-lock.ts";

const root = mkdtempSync(join(tmpdir(), "timecoin-lock-"));
afterAll(() => rmSync(root, { recursive: true }));

describe("data directory lock", () => {
  it("keeps a second holder out, by name, and lets it in after release", async () => {
    const dir = join(root, "a", "b");
    const lock = await lockDataDir(dir);
    await expect(lockDataDir(dir)).rejects.toMatchObject({
      code: "DATA_DIR_LOCKED",
      details: { path: dir, pid: process.pid },
    });
    await lock.release();
    const again = await lockDataDir(dir);
    await again.release();
    await again.release();
  });

  it("says of a damaged lock folder that it holds no data and may go", async () => {
    const dir = join(root, "damaged");
    await (await lockDataDir(dir)).release();
    writeFileSync(join(dir, "lock", "CURRENT"), "nonsense");
    await expect(lockDataDir(dir)).rejects.toMatchObject({
      code: "DATA_DIR_LOCK_DAMAGED",
      message: expect.stringContaining(join(dir, "lock")),
      action: expect.stringContaining("remove its folder `lock`"),
    });
  });

  it("knows a data directory from a mistyped path, and makes none", async () => {
    const dir = join(root, "used");
    await (await lockDataDir(dir)).release();
    requireDataDir(dir);
    const typo = join(root, "sued");
    for (const path of [typo, root]) {
      expect(() => requireDataDir(path)).toThrow(
        expect.objectContaining({ code: "DATA_DIR_MISSING" }),
      );
    }
    expect(existsSync(typo)).toBe(false);
  });

  it("names the other process, and is free at once when that is killed", async () => {
    const dir = join(root, "killed");
    const module = pathToFileURL(join(import.meta.dirname, "data-dir-lock.ts")).href;
    const script = `
      const { lockDataDir } = await import(${JSON.stringify(module)});
      await lockDataDir(${JSON.stringify(dir)});
      process.stdout.write("locked");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      await expect(lockDataDir(dir)).rejects.toMatchObject({
        code: "DATA_DIR_LOCKED",
        message: expect.stringContaining(`process ${child.pid} on `),
      });
    } finally {
      child.kill("SIGKILL");
    }
    await once(child, "exit");
    const lock = await lockDataDir(dir);
    await lock.release();
  });

  it("says so where the holder's name cannot be read", async () => {
    const dir = join(root, "torn");
    const lock = await lockDataDir(dir);
    writeFileSync(join(dir, "lock-holder.json"), '{"pid":');
    await expect(lockDataDir(dir)).rejects.toThrow("in use by another process");
    await lock.release();
  });

  it("names a path that cannot be a directory", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    await expect(lockDataDir(join(file, "x"))).rejects.toMatchObject({ code: "DATA_DIR_UNUSABLE" });
  });
});
