// A state of the chain database that stays readable while the next one is written over it. The write
// and every listing that began during it hold it; it is closed when the last of them lets it go. Made
// by level-store.ts for each write.

import type { ClassicLevel } from "classic-level";

type Snapshot = ReturnType<ClassicLevel<Uint8Array, Uint8Array>["snapshot"]>;

export class StoreView {
  /** For every read of this state. */
  readonly options: { readonly snapshot: Snapshot };
  #holders = 1;

  /** The maker is the first holder. */
  constructor(snapshot: Snapshot) {
    this.options = { snapshot };
  }

  hold(): void {
    this.#holders++;
  }

  async release(): Promise<void> {
    this.#holders--;
    if (this.#holders === 0) await this.options.snapshot.close();
  }
}
