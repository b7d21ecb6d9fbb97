// Networks larger than the protocol admits today (MAX_VALIDATORS, types/limits.ts): what they would do is
// part of deciding whether to admit them. Raises the bound for this process, before any module has read
// it. Called by command.ts.

import { registerHooks } from "node:module";

const BOUND = /export const MAX_VALIDATORS = \d+;/;

/** @throws Error later, as limits.ts is loaded, where the bound is no longer written as it was. */
export function admitValidators(most: number): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith("/node/src/types/limits.ts")) return loaded;
      const source = new TextDecoder().decode(loaded.source as Uint8Array);
      if (!BOUND.test(source)) throw new Error(`no MAX_VALIDATORS in ${url}`);
      return { ...loaded, source: source.replace(BOUND, `export const MAX_VALIDATORS = ${most};`) };
    },
  });
}
