// Adds to package-lock.json the platform packages (optional dependencies for another system or CPU) that
// the registry at hand did not have when the lock was written. Without them `npm ci` refuses the lock
// everywhere; with them it installs on every platform what that platform needs. Run after `npm install`
// has changed the lock: `npm run lock`. Plain JavaScript: it must run before anything is installed.
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const cpus = [
  "arm64",
  "arm",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

/** The first of `words` that is a part of the package's name. */
const partOf = (name, words) => words.find((word) => name.split(/[-/]/).includes(word));

let added = 0;
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const own = `node_modules/${name}`;
    if (lock.packages[own] !== undefined || lock.packages[`${place}/${own}`] !== undefined)
      continue;
    const os = partOf(name, systems);
    const cpu = partOf(name, cpus);
    if (os === undefined || !/^\d/.test(version)) continue;
    lock.packages[own] = {
      version,
      ...(cpu === undefined ? {} : { cpu: [cpu] }),
      ...(entry.dev ? { dev: true } : {}),
      ...(name.endsWith("-musl") ? { libc: ["musl"] } : {}),
      optional: true,
      os: [os],
    };
    added++;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
lock.packages = Object.fromEntries(sorted);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} platform packages added`);
