// Reads the bodies of RPC requests: plain UTF-8 up to a limit. A body that says that it is too large is
// refused before a byte of it is read. All bodies on their way together are bounded too; where they
// would hold more, the one that has been on its way longest is cut, as a client that means it needs no
// more than a moment. Made by rpc-app.ts.

import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";

/** What was read, or why nothing was. "gone": the client went away, or was cut. */
export type BodyOutcome =
  | { readonly text: string }
  | { readonly refused: "tooLarge" | "notPlainText" | "gone" };

export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** Of all bodies that are being read. */
  readonly maxReadingBytes: number;
}

interface Reading {
  sizeBytes: number;
  readonly cut: () => void;
}

const UTF8 = /^utf-?8$/i;

function isPlainText({ headers }: IncomingMessage): boolean {
  const encoding = headers["content-encoding"] ?? "identity";
  const charset = /;\s*charset="?([^";\s]+)/i.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  return encoding === "identity" && UTF8.test(charset);
}

export class BodyReader {
  readonly #limits: BodyLimits;
  /** In the order of their beginning. */
  readonly #readings = new Set<Reading>();
  #readingBytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  async read(request: IncomingMessage): Promise<BodyOutcome> {
    const { maxBodyBytes } = this.#limits;
    if (!isPlainText(request)) return { refused: "notPlainText" };
    if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes)
      return { refused: "tooLarge" };
    const reading: Reading = { sizeBytes: 0, cut: () => request.destroy() };
    this.#readings.add(reading);
    const chunks: Buffer[] = [];
    try {
      // Not destroyed where it is too large: the refusal goes out over the same socket.
      const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
      for await (const chunk of body) {
        if (reading.sizeBytes + chunk.length > maxBodyBytes) return { refused: "tooLarge" };
        chunks.push(chunk);
        this.#grow(reading, chunk.length);
      }
    } catch {
      return { refused: "gone" };
    } finally {
      this.#readings.delete(reading);
      this.#readingBytes -= reading.sizeBytes;
    }
    const body = Buffer.concat(chunks);
    return isUtf8(body) ? { text: body.toString("utf8") } : { refused: "notPlainText" };
  }

  #grow(reading: Reading, sizeBytes: number): void {
    reading.sizeBytes += sizeBytes;
    this.#readingBytes += sizeBytes;
    if (this.#readingBytes <= this.#limits.maxReadingBytes) return;
    const [oldest] = this.#readings;
    oldest?.cut();
  }
}
