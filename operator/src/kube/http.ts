/**
 * The Kubernetes API by verb, on raw JSON: what the server sends is what callers get, and what they
 * give is what is sent. Retried are only calls that may safely arrive twice: reads, applies without a
 * resourceVersion, deletes by UID. Everything in this room and in reconcile/ speaks through it.
 * Errors: KubeError, see errors.ts.
 */

import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  ListOptions,
  WatchOptions,
} from "./call-options.ts";
import { isGone, isJsonObject, KubeError } from "./errors.ts";
import { type Call, type CallerOptions, describeCall, HttpCaller } from "./http-caller.ts";
import { EVICTION, KINDS } from "./kinds.ts";
import { collectionPath, creationPath, objectPath, withQuery } from "./paths.ts";
import { abortedError, networkError } from "./transport.ts";
import {
  apiVersionOf,
  type JsonObject,
  type KubeList,
  type KubeObject,
  type ObjectRef,
  type ResourceKind,
  type Scope,
  type WatchEvent,
} from "./types.ts";
import { isKubeObject, watchEvents } from "./watch-stream.ts";

const PAGE_SIZE = 500;
/** A list beyond this is refused rather than held. */
const MAX_LIST_ITEMS = 50_000;

export class KubeHttp {
  readonly #caller: HttpCaller;

  constructor(options: CallerOptions) {
    this.#caller = new HttpCaller(options);
  }

  async get(ref: ObjectRef, options?: CallOptions): Promise<KubeObject> {
    const call = { verb: "get", resource: ref.kind.plural, method: "GET" } as const;
    return this.#object({ ...call, path: objectPath(ref), idempotent: true }, options);
  }

  /** The pages of a list, all of one resourceVersion. Gone where the server compacted it. */
  async *#pages(scope: Scope, options?: ListOptions): AsyncGenerator<KubeList> {
    let token: string | undefined;
    do {
      const page = await this.#page(
        scope,
        { limit: options?.pageSize ?? PAGE_SIZE, continue: token },
        options,
      );
      token = page.next;
      yield page.list;
    } while (token !== undefined);
  }

  /** The whole list. Where a continue token expires on the way, it is read again in one piece. */
  async list(scope: Scope, options?: ListOptions): Promise<KubeList> {
    try {
      const items: KubeObject[] = [];
      let resourceVersion = "";
      for await (const page of this.#pages(scope, options)) {
        items.push(...page.items);
        resourceVersion = page.resourceVersion;
        if (items.length > MAX_LIST_ITEMS) throw tooLong(scope);
      }
      return { resourceVersion, items };
    } catch (error) {
      if (!isGone(error)) throw error;
      const { list } = await this.#page(scope, {}, options);
      if (list.items.length > MAX_LIST_ITEMS) throw tooLong(scope);
      return list;
    }
  }

  async create(kind: ResourceKind, object: KubeObject, options?: CallOptions): Promise<KubeObject> {
    const path = creationPath(kind, object.metadata.namespace);
    const call = { verb: "create", resource: kind.plural, method: "POST" } as const;
    return this.#object({ ...call, path, ...json(object), idempotent: false }, options);
  }

  /** PUT of a whole object as it was read, guarded by the resourceVersion in it. */
  async replace(
    kind: ResourceKind,
    object: KubeObject,
    options?: CallOptions,
  ): Promise<KubeObject> {
    const path = objectPath(refOf(kind, object));
    const call = { verb: "replace", resource: kind.plural, method: "PUT" } as const;
    return this.#object({ ...call, path, ...json(object), idempotent: false }, options);
  }

  /** Server-side apply of the complete intent; fields left out since the last apply are removed. */
  async apply(kind: ResourceKind, intent: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    return this.#apply(kind, intent, options);
  }

  /** The same for the status subresource; `intent` carries the status only. */
  async applyStatus(
    kind: ResourceKind,
    intent: KubeObject,
    options: ApplyOptions,
  ): Promise<KubeObject> {
    return this.#apply(kind, intent, { ...options, subresource: "status" });
  }

  /** RFC 7396: null removes. With metadata.resourceVersion in it the patch is guarded. */
  async mergePatch(ref: ObjectRef, patch: JsonObject, options?: CallOptions): Promise<KubeObject> {
    const call = { verb: "patch", resource: ref.kind.plural, method: "PATCH" } as const;
    const sent = { body: patch, contentType: "application/merge-patch+json" };
    return this.#object({ ...call, path: objectPath(ref), ...sent, idempotent: false }, options);
  }

  /** Deletes the object of this UID; NotFound where it is gone, Conflict where another has its name. */
  async delete(ref: ObjectRef, options: DeleteOptions): Promise<void> {
    const call = { verb: "delete", resource: ref.kind.plural, method: "DELETE" } as const;
    const body = { apiVersion: "v1", kind: "DeleteOptions", ...deleteOptions(options) };
    const path = objectPath(ref);
    await this.#caller.call({ ...call, path, ...json(body), idempotent: true }, options);
  }

  /**
   * Evicts the pod of this UID; isBudgetRefusal where a disruption budget says no. Sent once. Give the
   * resourceVersion too: by UID alone the server tries a mismatch for 10 s before it says Conflict.
   */
  async evict(pod: Omit<ObjectRef, "kind">, options: DeleteOptions): Promise<void> {
    const metadata = { name: pod.name, namespace: pod.namespace };
    const body = { ...EVICTION, metadata, deleteOptions: deleteOptions(options) };
    const path = objectPath({ kind: KINDS.Pod, ...pod }, "eviction");
    const call = { verb: "evict", resource: "pods/eviction", method: "POST" } as const;
    await this.#caller.call({ ...call, path, ...json(body), idempotent: false }, options);
  }

  /** The events after `resourceVersion`, bookmarks included, until the server closes or `signal` aborts. */
  async *watch(scope: Scope, options: WatchOptions): AsyncGenerator<WatchEvent> {
    const path = withQuery(collectionPath(scope), {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
      labelSelector: scope.labelSelector,
    });
    const call: Call = {
      verb: "watch",
      resource: scope.kind.plural,
      method: "GET",
      path,
      idempotent: true,
    };
    const body = await this.#caller.open(call, options);
    try {
      yield* watchEvents(body, describeCall(call));
    } catch (error) {
      throw options.signal?.aborted === true ? abortedError() : codedError(error);
    } finally {
      body.destroy();
    }
  }

  async #page(
    scope: Scope,
    paging: { readonly limit?: number; readonly continue?: string | undefined },
    options: CallOptions | undefined,
  ): Promise<{ readonly list: KubeList; readonly next: string | undefined }> {
    const path = withQuery(collectionPath(scope), {
      ...paging,
      labelSelector: scope.labelSelector,
    });
    const call = { verb: "list", resource: scope.kind.plural, method: "GET" } as const;
    const body = await this.#caller.call({ ...call, path, idempotent: true }, options);
    const { metadata, items } = body;
    if (!isJsonObject(metadata) || typeof metadata["resourceVersion"] !== "string")
      throw notAList(path);
    const next = metadata["continue"];
    return {
      list: {
        resourceVersion: metadata["resourceVersion"],
        items: itemsOf(scope.kind, items, path),
      },
      next: typeof next === "string" && next !== "" ? next : undefined,
    };
  }

  async #apply(
    kind: ResourceKind,
    intent: KubeObject,
    options: ApplyOptions & { readonly subresource?: "status" },
  ): Promise<KubeObject> {
    const ref = refOf(kind, intent);
    const { fieldManager, subresource } = options;
    const query = { fieldManager, force: options.force === true ? true : undefined };
    const { plural } = kind;
    return this.#object(
      {
        verb: "apply",
        resource: subresource === undefined ? plural : `${plural}/${subresource}`,
        method: "PATCH",
        path: withQuery(objectPath(ref, subresource), query),
        body: intent,
        contentType: "application/apply-patch+yaml",
        idempotent: intent.metadata.resourceVersion === undefined,
      },
      options,
    );
  }

  async #object(call: Call, options: CallOptions | undefined): Promise<KubeObject> {
    const value = await this.#caller.call(call, options);
    if (isKubeObject(value)) return value;
    throw new KubeError({ code: "Protocol", message: `${describeCall(call).call}: not an object` });
  }
}

const codedError = (error: unknown) => (error instanceof KubeError ? error : networkError(error));

const json = (body: unknown) => ({ body, contentType: "application/json" });

function deleteOptions(options: DeleteOptions): JsonObject {
  const { uid, resourceVersion, propagation } = options;
  return {
    preconditions: { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
  };
}

function refOf(kind: ResourceKind, object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  return { kind, name: name ?? "", ...(namespace === undefined ? {} : { namespace }) };
}

/** Lists of built-in kinds leave apiVersion and kind out of their items; here every object has them. */
function itemsOf(kind: ResourceKind, items: unknown, path: string): KubeObject[] {
  if (items === null) return [];
  if (!Array.isArray(items)) throw notAList(path);
  return items.map((item: unknown) => {
    const object = isJsonObject(item)
      ? { ...item, apiVersion: apiVersionOf(kind), kind: kind.kind }
      : item;
    if (!isKubeObject(object)) throw notAList(path);
    return object;
  });
}

const notAList = (path: string) =>
  new KubeError({ code: "Protocol", message: `${path.split("?", 1)[0]}: not a list` });

const tooLong = (scope: Scope) =>
  new KubeError({ code: "TooLarge", message: `more than ${MAX_LIST_ITEMS} ${scope.kind.plural}` });
