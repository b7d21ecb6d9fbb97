/**
 * The fake's etcd: current objects, one revision counter, and a bounded history that watches replay.
 * Objects are stored frozen in spirit: every write puts a new one. compact() forgets the history, so
 * that older resource versions are Gone.
 */
import type { KubeObject, ResourceKind } from "../../src/kube/types.ts";
import type { Ownership } from "./managed-fields.ts";

export interface Row {
  readonly kind: ResourceKind;
  readonly object: KubeObject;
  readonly ownership: Ownership;
}

export interface Mutation {
  readonly revision: number;
  readonly kind: ResourceKind;
  /** What was there before, absent for a creation. */
  readonly before: KubeObject | undefined;
  /** What is there now; for a deletion the last state, with the revision of the deletion. */
  readonly after: KubeObject;
  readonly deleted: boolean;
}

const MAX_HISTORY = 10_000;

export class ObjectTable {
  readonly #rows = new Map<string, Row>();
  readonly #listeners = new Set<(mutation: Mutation) => void>();
  #history: Mutation[] = [];
  #revision = 100;
  /** Watches may start here or later. */
  #floor = 100;

  get revision(): number {
    return this.#revision;
  }

  get floor(): number {
    return this.#floor;
  }

  row(kind: ResourceKind, namespace: string | undefined, name: string): Row | undefined {
    return this.#rows.get(rowKey(kind, namespace, name));
  }

  /** The objects of a kind by namespace and name. */
  all(kind: ResourceKind): KubeObject[] {
    return [...this.#rows]
      .filter(([, row]) => row.kind.plural === kind.plural && row.kind.group === kind.group)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => row.object);
  }

  /** Stores the row under the next revision and tells the watches. */
  put(row: Row): KubeObject {
    const { name = "", namespace } = row.object.metadata;
    const key = rowKey(row.kind, namespace, name);
    const before = this.#rows.get(key)?.object;
    const object = this.#stamped(row.object);
    this.#rows.set(key, { ...row, object });
    this.#publish({
      revision: this.#revision,
      kind: row.kind,
      before,
      after: object,
      deleted: false,
    });
    return object;
  }

  remove(row: Row): void {
    const { name = "", namespace } = row.object.metadata;
    this.#rows.delete(rowKey(row.kind, namespace, name));
    const after = this.#stamped(row.object);
    const { kind, object: before } = row;
    this.#publish({ revision: this.#revision, kind, before, after, deleted: true });
  }

  /** What happened after `revision`, oldest first. */
  since(revision: number): Mutation[] {
    return this.#history.filter((mutation) => mutation.revision > revision);
  }

  /** Calls `listener` with every mutation until the returned function is called. */
  subscribe(listener: (mutation: Mutation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets the history: every older resource version is Gone from now on. */
  compact(): void {
    this.#history = [];
    this.#floor = ++this.#revision;
  }

  #stamped(object: KubeObject): KubeObject {
    const resourceVersion = String(++this.#revision);
    return { ...object, metadata: { ...object.metadata, resourceVersion } };
  }

  #publish(mutation: Mutation): void {
    this.#history.push(mutation);
    if (this.#history.length > MAX_HISTORY) {
      this.#floor = this.#history.shift()?.revision ?? this.#floor;
    }
    for (const listener of this.#listeners) listener(mutation);
  }
}

const rowKey = (kind: ResourceKind, namespace: string | undefined, name: string) =>
  [kind.group, kind.plural, namespace ?? "", name].join("/");
