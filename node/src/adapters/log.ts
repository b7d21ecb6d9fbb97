// The Log port on pino: one JSON object a line, or a line for people. Secrets are redacted by field
// name, here and nowhere else, as a net below the rule that no field ever holds one. Bytes are shown
// as hex, errors with their code and next step, bigints as decimal text. Made once by the daemon.

import { type DestinationStream, destination, type Logger, pino } from "pino";
import { toHex } from "../codec/hex.ts";
import type { Log } from "../ports.ts";
import { CodedError } from "../types/errors.ts";
import { LOG_LEVELS, type LogLevel } from "../types/log-level.ts";
import { prettyLine } from "./pretty-log.ts";

export interface NodeLog extends Log {
  /** A log whose lines carry `fields` too. */
  child(fields: object): NodeLog;
  /** Least level shown now. */
  level(): LogLevel;
  /** For this log, its children and their children, whenever they were made. */
  setLevel(level: LogLevel): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
  /** Where lines go; standard output, synchronously, by default. */
  readonly stream?: DestinationStream;
  /** Colours of the pretty format. */
  readonly isColoured?: boolean;
}

const SECRET_FIELDS = [
  "seed",
  "secret",
  "secretKey",
  "privateKey",
  "password",
  "passphrase",
  "token",
  "adminToken",
  "authorization",
  "mnemonic",
];
const REDACTED_PATHS = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

function loggable(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof CodedError) {
    const { code, message, action, details } = value;
    return { code, message, action, details };
  }
  if (value instanceof Error) {
    return { name: value.name, message: value.message, stack: value.stack };
  }
  return value;
}

const loggableFields = (fields: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, loggable(value)]));

/** `family`: all that was made from one root. There are a few for each process. */
function fromPino(logger: Logger, family: Logger[]): NodeLog {
  family.push(logger);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => fromPino(logger.child(loggableFields(fields)), family),
    level: () => LOG_LEVELS.find((level) => level === logger.level) ?? "info",
    setLevel: (level) => {
      for (const one of family) one.level = level;
    },
  };
}

/** Standard output. A reader that went away must not take the node with it: only lines are lost. */
function standardOutput(): DestinationStream {
  const output = destination({ dest: 1, sync: true });
  output.on("error", () => undefined);
  return output;
}

/** The root log of a process. */
export function createLog(options: LogOptions): NodeLog {
  const stream = options.stream ?? standardOutput();
  const isColoured = options.isColoured ?? process.stdout.isTTY;
  const output: DestinationStream =
    options.format === "json"
      ? stream
      : { write: (line) => stream.write(prettyLine(line, isColoured)) };
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: loggableFields },
      redact: { paths: REDACTED_PATHS, censor: "[redacted]" },
      messageKey: "message",
      depthLimit: 5,
      edgeLimit: 100,
    },
    output,
  );
  return fromPino(logger, []);
}
