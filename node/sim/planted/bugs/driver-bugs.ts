// Planted bugs of the driver and of the disk below it: order of log, signature and sending, replay, timers,
// the guards of the key, relays and links.

import { bug, edit, type PlantedBug } from "../planted-bug.ts";

export const DRIVER_BUGS: readonly PlantedBug[] = [
  bug(
    "the log is synced after the effects it stands behind",
    edit(
      "driver/core/core-loop.ts",
      "    if (effects.some((effect) => LEAVES.has(effect.type))) this.#sync();\n",
      "",
    ),
    edit(
      "driver/core/core-loop.ts",
      "    if (changed) this.#onNews(input);",
      `    if (effects.some((effect) => LEAVES.has(effect.type))) this.#sync();
    if (changed) this.#onNews(input);`,
    ),
  ),
  bug(
    "the log is not replayed",
    edit("driver/driver.ts", "const records = wal.replay(context.height);", "const records = [];"),
  ),
  bug(
    "replay forgets a running timer",
    edit(
      "driver/core/replay.ts",
      "      return timeoutKey(effect.height, effect.round, effect.step);",
      "      return undefined;",
    ),
  ),
  bug(
    "replay forgets what was to be signed",
    edit(
      "driver/core/replay.ts",
      "      return voteKey(effect.height, effect.round, effect.voteType);",
      "      return undefined;",
    ),
  ),
  bug(
    "certificates are not written to the log",
    edit(
      "driver/core/core-loop.ts",
      "if (changed) this.#log(timed);",
      'if (changed && input.type !== "certificate") this.#log(timed);',
    ),
  ),
  bug(
    "timeouts are not written to the log",
    edit(
      "driver/core/core-loop.ts",
      "if (changed) this.#log(timed);",
      'if (changed && input.type !== "timeout") this.#log(timed);',
    ),
  ),
  bug(
    "the log takes one vote of a validator and no more",
    edit("driver/core/wal-news.ts", "< MAX_VOTES + VOTES_PER_ROUND * round", "< 1"),
  ),
  bug(
    "what is synced is not durable",
    edit(
      "adapters/file-wal.ts",
      "    this.#disk.write(file, bytes, this.#durableBytes);\n    this.#disk.sync(file);",
      "    this.#disk.write(file, bytes, this.#durableBytes);",
    ),
    edit(
      "adapters/file-wal.ts",
      "    this.#disk.write(file, bytes, 0);\n    this.#disk.sync(file);",
      "    this.#disk.write(file, bytes, 0);",
    ),
    edit("adapters/sign-state-file.ts", "      disk.sync(file);\n", ""),
  ),
  bug(
    "the sign state is not made durable",
    edit("adapters/sign-state-file.ts", "      disk.sync(file);\n", ""),
  ),
  bug(
    "a torn tail of the log stays in its file",
    edit("adapters/file-wal.ts", "      this.#disk.truncate(this.#file, endBytes);", ""),
    edit(
      "adapters/file-wal.ts",
      "    this.#durableBytes = endBytes;",
      "    this.#durableBytes = bytes.length;",
    ),
  ),
  bug(
    "sign state and log are lost over a restart",
    edit(
      "adapters/file-wal.ts",
      "    const bytes = this.#disk.read(this.#path);\n    if (bytes === undefined) return;",
      "    const bytes = this.#disk.read(this.#path);\n    if (bytes !== this) return;",
    ),
    edit(
      "adapters/file-signer.ts",
      "  const stored = readSignState(statePath, disk);",
      "  const stored = undefined;",
    ),
    edit(
      "adapters/file-signer.ts",
      "    if (minHeight === 0 || minHeight < seenHeight) {",
      "    if (minHeight < 0) {",
    ),
    edit(
      "adapters/file-signer.ts",
      '...own, minHeight, last: "unknown" });',
      '...own, minHeight, last: "none" });',
    ),
  ),
  bug(
    "the sign state is written a signature late",
    edit(
      "adapters/file-signer.ts",
      "      this.#persist(next);",
      "      this.#persist(this.#state);",
    ),
  ),
  bug(
    "what waits for the hold is signed last first",
    edit(
      "driver/effects/sign-queue.ts",
      "for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {",
      "for (let first = this.#waiting.at(-1); first !== undefined; first = this.#waiting.at(-1)) {",
    ),
    edit(
      "driver/effects/sign-queue.ts",
      "      this.#waiting.shift();\n      this.#sign(first);",
      "      this.#waiting.pop();\n      this.#sign(first);",
    ),
  ),
  bug(
    "what waits for the hold is signed although its height is over",
    edit("driver/effects/sign-queue.ts", "    this.#waiting.length = 0;", ""),
  ),
  bug(
    "the hold is not asked",
    edit(
      "driver/effects/sign-queue.ts",
      "const refusal = this.#hold.refusal(first.height);",
      "const refusal = undefined;",
    ),
  ),
  bug(
    "the hold of a bad clock never ends",
    edit(
      "driver/watches/clock-guard.ts",
      '      verdict === "off"\n',
      '      verdict !== "warn"\n',
    ),
  ),
  bug(
    "nothing is said again",
    edit(
      "driver/effects/effects.ts",
      "        return this.#rebroadcast(effect);",
      "        return;",
    ),
  ),
  bug(
    "why a round was entered is not said again",
    edit(
      "driver/effects/effects.ts",
      "    if (roundCertificate !== undefined) {",
      "    if (false) {",
    ),
    edit(
      "driver/effects/effects.ts",
      '    if (certificate !== undefined) outbound.toValidators({ type: "certificate", certificate });',
      "",
    ),
  ),
  bug(
    "evidence names a validator of another set",
    edit(
      "driver/effects/evidence-exchange.ts",
      "const publicKey = chain.validatorsAt(height)[validatorIndex]?.publicKey;",
      "const publicKey = chain.validatorsAt(height + 2)[validatorIndex]?.publicKey;",
    ),
  ),
  bug(
    "the first vote of a pair is all that evidence holds",
    edit(
      "driver/effects/evidence-exchange.ts",
      "newEvidence(place, statementOf(first), statementOf(second))",
      "newEvidence(place, statementOf(first), statementOf(first))",
    ),
  ),
  bug(
    "a lost sign state is taken for a new one",
    edit(
      "adapters/file-signer.ts",
      '...own, minHeight, last: "unknown" });',
      '...own, minHeight, last: "none" });',
    ),
  ),
  bug(
    "nothing is passed on to those who cannot hear it",
    edit("driver/effects/effects.ts", "    this.#parts.forwarding.stoodStill(effect.held);", ""),
  ),
];
