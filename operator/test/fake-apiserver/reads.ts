/**
 * Lists in pages and watches from a revision. A paged list keeps one snapshot; a watch replays the
 * history after its resourceVersion, then follows, and turns changes into ADDED or DELETED where an
 * object enters or leaves its selection.
 */
import type { ServerResponse } from "node:http";
import { apiVersionOf, type KubeObject } from "../../src/kube/types.ts";
import { ApiFailure, expired } from "./failure.ts";
import type { Fault } from "./faults.ts";
import type { Mutation, ObjectTable } from "./object-table.ts";
import type { Route } from "./route.ts";
import { type Predicate, selectorOf } from "./selector.ts";

const MAX_SNAPSHOTS = 100;

/** The pages of lists under way. */
export class Lists {
  readonly #table: ObjectTable;
  readonly #snapshots = new Map<
    string,
    { readonly revision: number; readonly items: readonly KubeObject[] }
  >();
  #tokens = 0;

  constructor(table: ObjectTable) {
    this.#table = table;
  }

  /** Every continue token given out so far is Gone. */
  expire(): void {
    this.#snapshots.clear();
  }

  list(route: Route): unknown {
    const token = route.query.get("continue");
    const snapshot = token === null ? this.#fresh(route) : this.#snapshots.get(token);
    if (snapshot === undefined) throw expired("The provided continue parameter is too old");
    const limit = Number(route.query.get("limit") ?? 0) || snapshot.items.length;
    const rest = snapshot.items.slice(limit);
    return {
      kind: `${route.kind.kind}List`,
      apiVersion: apiVersionOf(route.kind),
      metadata: {
        resourceVersion: String(snapshot.revision),
        ...(rest.length === 0
          ? {}
          : { continue: this.#keep(snapshot.revision, rest), remainingItemCount: rest.length }),
      },
      items: snapshot.items.slice(0, limit).map((object) => listed(route, object)),
    };
  }

  #fresh(route: Route) {
    const selected = selectorOf(route.query, route.namespace);
    return { revision: this.#table.revision, items: this.#table.all(route.kind).filter(selected) };
  }

  #keep(revision: number, items: readonly KubeObject[]): string {
    const token = `page-${++this.#tokens}`;
    this.#snapshots.set(token, { revision, items });
    const oldest = this.#snapshots.keys().next();
    if (this.#snapshots.size > MAX_SNAPSHOTS && oldest.done !== true)
      this.#snapshots.delete(oldest.value);
    return token;
  }
}

/** Built-in kinds leave kind and apiVersion out of list items; custom resources do not. */
function listed(route: Route, object: KubeObject): unknown {
  if (route.kind.group.endsWith(".dev")) return object;
  const { kind: _, apiVersion: __, ...rest } = object;
  return rest;
}

/** One open watch. */
export class WatchConnection {
  readonly #route: Route;
  readonly #response: ServerResponse;
  readonly #fault: Fault | undefined;
  readonly #selected: Predicate;
  readonly #cancel: (() => void)[] = [];
  #events = 0;
  #stalled = false;

  constructor(route: Route, response: ServerResponse, fault: Fault | undefined) {
    this.#route = route;
    this.#response = response;
    this.#fault = fault;
    this.#selected = selectorOf(route.query, route.namespace);
    this.#stalled = fault?.type === "stall";
  }

  /** Sends the headers and everything since the asked revision, then follows the table. */
  open(table: ObjectTable): void {
    const asked = Number(this.#route.query.get("resourceVersion") ?? 0);
    if (asked > table.revision) throw tooLarge(asked, table.revision);
    this.#response.writeHead(200, { "Content-Type": "application/json" });
    this.#response.flushHeaders();
    this.#response.on("close", () => this.#end());
    if (this.#fault?.type === "gone" || (asked !== 0 && asked < table.floor)) return this.#gone();
    if (asked === 0) for (const object of table.all(this.#route.kind)) this.#added(object);
    else for (const mutation of table.since(asked)) this.#tell(mutation);
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#cancel.push(table.subscribe((mutation) => this.#tell(mutation)));
    const seconds = Number(this.#route.query.get("timeoutSeconds") ?? 0);
    if (seconds > 0) {
      const timer = setTimeout(() => this.close(), seconds * 1000);
      this.#cancel.push(() => clearTimeout(timer));
    }
    this.#faultAfterEvents();
  }

  bookmark(revision: number): void {
    if (this.#route.query.get("allowWatchBookmarks") !== "true") return;
    const metadata = { resourceVersion: String(revision), creationTimestamp: null };
    const kind = { kind: this.#route.kind.kind, apiVersion: apiVersionOf(this.#route.kind) };
    this.#write({ type: "BOOKMARK", object: { ...kind, metadata } });
  }

  /** The server's own clean end. */
  close(): void {
    this.#end();
    this.#response.end();
  }

  reset(): void {
    this.#end();
    this.#response.socket?.resetAndDestroy();
  }

  /** From now on no byte, the connection stays. */
  stall(): void {
    this.#stalled = true;
  }

  #end(): void {
    for (const cancel of this.#cancel.splice(0)) cancel();
  }

  #gone(): void {
    const failure = expired("too old resource version");
    this.#write({ type: "ERROR", object: failure.toStatus() });
    this.close();
  }

  #added(object: KubeObject): void {
    if (this.#selected(object)) this.#send("ADDED", object);
  }

  #tell(mutation: Mutation): void {
    const { kind, before, after, deleted } = mutation;
    if (kind.plural !== this.#route.kind.plural || kind.group !== this.#route.kind.group) return;
    const was = before !== undefined && this.#selected(before);
    const is = !deleted && this.#selected(after);
    if (was && is) this.#send("MODIFIED", after);
    else if (is) this.#send("ADDED", after);
    else if (was)
      this.#send("DELETED", {
        ...before,
        metadata: { ...before.metadata, resourceVersion: String(mutation.revision) },
      });
  }

  #send(type: string, object: KubeObject): void {
    this.#write({ type, object });
    this.#events++;
    this.#faultAfterEvents();
  }

  #faultAfterEvents(): void {
    if (this.#fault?.type === "close" && this.#events >= this.#fault.afterEvents) this.close();
    if (this.#fault?.type === "reset" && this.#events >= (this.#fault.afterEvents ?? 0))
      this.reset();
  }

  #write(event: unknown): void {
    if (this.#stalled || this.#response.writableEnded) return;
    this.#response.write(`${JSON.stringify(event)}\n`);
  }
}

/** A resource version beyond the newest, as after a restore of etcd. */
function tooLarge(asked: number, revision: number): ApiFailure {
  const message = `Too large resource version: ${asked}, current: ${revision}`;
  return new ApiFailure({ status: 504, reason: "Timeout", message });
}
