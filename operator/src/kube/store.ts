/**
 * The objects of one collection as last seen, frozen, without managedFields. Keyed by namespace/name,
 * indexed by the labels named at construction. A list replaces all of it at once; the
 * answer says what changed, and an object whose UID differs is a deletion and a creation, never an
 * update. Written by its Reflector alone, read by everyone.
 */
import { isJsonObject, KubeError } from "./errors.ts";
import type { KubeObject } from "./types.ts";

export type Change =
  | { readonly type: "added"; readonly key: string; readonly object: KubeObject }
  | {
      readonly type: "updated";
      readonly key: string;
      readonly object: KubeObject;
      readonly previous: KubeObject;
    }
  | { readonly type: "deleted"; readonly key: string; readonly object: KubeObject };

export interface StoreOptions {
  /** Labels that byLabel can answer for. */
  readonly labels?: readonly string[];
  readonly maxObjects?: number;
}

/** `namespace/name`, or `name` where the kind is cluster-scoped. */
export function keyOf(object: KubeObject): string {
  const { name = "", namespace } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

type Index = Map<string, Set<string>>;

export class ObjectStore {
  readonly #maxObjects: number;
  readonly #labels: readonly string[];
  #objects = new Map<string, KubeObject>();
  #index: Index = new Map();

  constructor(options: StoreOptions = {}) {
    this.#labels = options.labels ?? [];
    this.#maxObjects = options.maxObjects ?? 50_000;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  all(): KubeObject[] {
    return [...this.#objects.values()];
  }

  /** The objects with this label; `name` is one of the labels named at construction. */
  byLabel(name: string, value: string): KubeObject[] {
    if (!this.#labels.includes(name)) {
      throw new KubeError({ code: "InvalidRequest", message: `label ${name} is not indexed` });
    }
    const found: KubeObject[] = [];
    for (const key of this.#index.get(labelTerm(name, value)) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Takes an object as the server sent it. Throws TooLarge beyond the store's bound. */
  set(incoming: KubeObject): Change[] {
    const object = settled(incoming);
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous === undefined && this.#objects.size >= this.#maxObjects) throw this.#full();
    if (previous !== undefined) this.#unindex(key, previous);
    this.#objects.set(key, object);
    this.#enter(this.#index, key, object);
    return changes(key, previous, object);
  }

  /** Forgets the object, unless the one stored is another of the same name. */
  delete(incoming: KubeObject): Change[] {
    const key = keyOf(incoming);
    const previous = this.#objects.get(key);
    if (previous === undefined || previous.metadata.uid !== incoming.metadata.uid) return [];
    this.#objects.delete(key);
    this.#unindex(key, previous);
    return [{ type: "deleted", key, object: settled(incoming) }];
  }

  /** Exchanges the whole content in one step. Throws TooLarge, changing nothing, beyond the bound. */
  replace(list: readonly KubeObject[]): Change[] {
    if (list.length > this.#maxObjects) throw this.#full();
    const before = this.#objects;
    const after = new Map<string, KubeObject>();
    const index: Index = new Map();
    const result: Change[] = [];
    for (const item of list) {
      const key = keyOf(item);
      const previous = before.get(key);
      const object =
        previous !== undefined && sameVersion(previous, item) ? previous : settled(item);
      after.set(key, object);
      this.#enter(index, key, object);
      if (object !== previous) result.push(...changes(key, previous, object));
    }
    for (const [key, object] of before) {
      if (!after.has(key)) result.push({ type: "deleted", key, object });
    }
    this.#objects = after;
    this.#index = index;
    return result;
  }

  #enter(index: Index, key: string, object: KubeObject): void {
    for (const term of this.#terms(object)) {
      const keys = index.get(term);
      if (keys === undefined) index.set(term, new Set([key]));
      else keys.add(key);
    }
  }

  #unindex(key: string, object: KubeObject): void {
    for (const term of this.#terms(object)) {
      const keys = this.#index.get(term);
      keys?.delete(key);
      if (keys?.size === 0) this.#index.delete(term);
    }
  }

  #terms(object: KubeObject): string[] {
    const { labels = {} } = object.metadata;
    return this.#labels.flatMap((name) => {
      const value = labels[name];
      return value === undefined ? [] : [labelTerm(name, value)];
    });
  }

  #full(): KubeError {
    return new KubeError({ code: "TooLarge", message: `more than ${this.#maxObjects} objects` });
  }
}

const labelTerm = (name: string, value: string) => `${name}\n${value}`;

const sameVersion = (a: KubeObject, b: KubeObject) =>
  a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;

function changes(key: string, previous: KubeObject | undefined, object: KubeObject): Change[] {
  if (previous === undefined) return [{ type: "added", key, object }];
  if (previous.metadata.uid === object.metadata.uid) {
    return [{ type: "updated", key, object, previous }];
  }
  return [
    { type: "deleted", key, object: previous },
    { type: "added", key, object },
  ];
}

/** The object without managedFields (often half of its size), frozen through and through. */
function settled(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const kept = { ...object, metadata };
  freeze(kept);
  return kept;
}

function freeze(value: unknown): void {
  if (Array.isArray(value)) value.forEach(freeze);
  else if (isJsonObject(value)) Object.values(value).forEach(freeze);
  else return;
  Object.freeze(value);
}
