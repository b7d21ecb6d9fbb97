// The secret of the admin API. Compared in a time that does not depend on where two texts differ, by their
// hashes, so that not even the length shows. It stands in no log, no error and no answer.

import { createHash, timingSafeEqual } from "node:crypto";
import { fail, ok, type Result } from "../types/errors.ts";

/** One line, so that it fits into a header. */
const TOKEN = /^[\x21-\x7e]{32,512}$/;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

export class BearerToken {
  readonly #digest: Buffer;

  private constructor(text: string) {
    this.#digest = digest(text);
  }

  /** The token in the text of its file; a line end after it does not count. */
  static read(text: string): Result<BearerToken, "ADMIN_TOKEN_FILE"> {
    const token = text.replace(/\r?\n$/, "");
    if (!TOKEN.test(token)) {
      return fail("ADMIN_TOKEN_FILE", "is not one line of 32 to 512 printable characters");
    }
    return ok(new BearerToken(token));
  }

  isSame(other: BearerToken): boolean {
    return timingSafeEqual(this.#digest, other.#digest);
  }

  /** Whether an Authorization header shows this token. */
  isShownBy(header: string | undefined): boolean {
    const shown = /^Bearer (\S+)$/i.exec(header ?? "")?.[1];
    return shown !== undefined && timingSafeEqual(digest(shown), this.#digest);
  }
}
