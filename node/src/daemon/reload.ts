// Reading the configuration again while the node runs. The log level and the admin token take effect at once.
// Every other change is named and waits for the next start. A configuration that is refused changes
// nothing: the node goes on as it was, and says why. Called on SIGHUP and by the admin API.

import { readPlainFile } from "../adapters/bounded-read.ts";
import { foreignAccess, READABLE_BY_ALL } from "../adapters/local-files.ts";
import type { NodeLog } from "../adapters/log.ts";
import { changedLeaves } from "../config/changed-leaves.ts";
import type { NodeConfig } from "../config.ts";
import type { Reloaded } from "../ops/admin-facts.ts";
import { BearerToken } from "../ops/bearer-token.ts";
import { CodedError, fail, ok, type Result } from "../types/errors.ts";

const MAX_TOKEN_FILE_BYTES = 1024;
/** Applied to a running node. The token is read anew each time, whether or not its path changed. */
const LEVEL = "log.level";
const TOKEN = "admin.tokenFile";

export interface ReloadParts {
  /** What the node was started with. */
  readonly config: NodeConfig;
  readonly readConfig: () => Result<NodeConfig>;
  readonly log: NodeLog;
}

export class ConfigReload {
  readonly #parts: ReloadParts;
  #token: BearerToken | undefined;

  /** @throws CodedError ADMIN_TOKEN_FILE where the file that is configured holds no token. */
  constructor(parts: ReloadParts) {
    this.#parts = parts;
    const { tokenFile } = parts.config.admin;
    if (tokenFile === undefined) return;
    const token = this.#read(tokenFile);
    if (!token.ok) throw new CodedError(token.code, token.reason);
    this.#token = token.value;
  }

  /** Undefined where there is no admin API. */
  get token(): BearerToken | undefined {
    return this.#token;
  }

  reload(): Result<Reloaded> {
    const { config, log } = this.#parts;
    const reloaded = this.#apply();
    if (reloaded.ok) log.info({ ...reloaded.value }, "configuration read again");
    else log.error({ code: reloaded.code }, `${reloaded.reason}; the node goes on as it was`);
    if (reloaded.ok && reloaded.value.applied.includes(LEVEL)) {
      log.info({ logLevel: log.level(), started: config.log.level }, "log level");
    }
    return reloaded;
  }

  #apply(): Result<Reloaded> {
    const { config, log, readConfig } = this.#parts;
    const next = readConfig();
    if (!next.ok) return next;
    const changed = changedLeaves(config, next.value);
    const applied: string[] = [];
    const { tokenFile } = next.value.admin;
    if (this.#token !== undefined && tokenFile !== undefined) {
      const token = this.#read(tokenFile);
      if (!token.ok) return fail(token.code, token.reason);
      if (!token.value.isSame(this.#token)) applied.push(TOKEN);
      this.#token = token.value;
    }
    if (next.value.log.level !== log.level()) {
      log.setLevel(next.value.log.level);
      applied.push(LEVEL);
    }
    // Another file may hold the same token.
    const isAtOnce = (path: string): boolean =>
      path === LEVEL || (path === TOKEN && this.#token !== undefined && tokenFile !== undefined);
    const needRestart = changed.filter((path) => !isAtOnce(path));
    return ok({ applied, needRestart });
  }

  /** Warns of a file that everybody can read. */
  #read(path: string): Result<BearerToken, "ADMIN_TOKEN_FILE"> {
    const token = readToken(path);
    if (token.ok && (foreignAccess(path) & READABLE_BY_ALL) !== 0) {
      const why = `${path} can be read by every user: chmod 600`;
      this.#parts.log.warn({ code: "ADMIN_TOKEN_FILE" }, why);
    }
    return token;
  }
}

function readToken(path: string): Result<BearerToken, "ADMIN_TOKEN_FILE"> {
  let text: string;
  try {
    text = readPlainFile(path, MAX_TOKEN_FILE_BYTES).toString("utf8");
  } catch (cause) {
    return fail(
      "ADMIN_TOKEN_FILE",
      `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  const token = BearerToken.read(text);
  return token.ok ? token : fail(token.code, `${path}: ${token.reason}`);
}
