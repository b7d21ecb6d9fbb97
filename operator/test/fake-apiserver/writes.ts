/**
 * What a write does to the table, as strictly as the real server in what the operator relies on:
 * preconditions, isolation of the status subresource, generation, immutable ConfigMaps and Secrets,
 * no-op writes that change nothing, and field ownership.
 */
import { randomUUID } from "node:crypto";
import { isJsonObject } from "../../src/kube/errors.ts";
import { apiVersionOf, type JsonObject, type KubeObject } from "../../src/kube/types.ts";
import { isKubeObject } from "../../src/kube/watch-stream.ts";
import { ApiFailure, badRequest, conflict, invalid, notFound } from "./failure.ts";
import { applied, managedFieldsOf, type Ownership, updated } from "./managed-fields.ts";
import type { ObjectTable, Row } from "./object-table.ts";
import { mergePatched } from "./patches.ts";
import type { Route } from "./route.ts";

const WITH_STATUS = new Set([
  "Pod",
  "Service",
  "PersistentVolumeClaim",
  "StatefulSet",
  "Job",
  "PodDisruptionBudget",
]);

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

export class Writes {
  readonly #table: ObjectTable;

  constructor(table: ObjectTable) {
    this.#table = table;
  }

  create(route: Route, body: unknown): KubeObject {
    const sent = this.#checked(route, body);
    if (sent.metadata.resourceVersion !== undefined) {
      throw badRequest("resourceVersion should not be set on objects to be created");
    }
    const name = sent.metadata.name ?? generatedName(sent);
    if (this.#table.row(route.kind, route.namespace, name) !== undefined) {
      const message = `${route.kind.plural} "${name}" already exists`;
      throw new ApiFailure({ status: 409, reason: "AlreadyExists", message });
    }
    const metadata = { ...sent.metadata, name };
    const { status, ...rest } = sent;
    const object = hasStatus(route)
      ? { ...rest, metadata }
      : { ...rest, metadata, ...(status === undefined ? {} : { status }) };
    return this.#born(route, object, updated(new Map(), owner(route, "Update"), {}, object));
  }

  replace(route: Route, body: unknown): KubeObject {
    const row = this.#row(route);
    const sent = this.#checked(route, body);
    if (sent.metadata.resourceVersion === undefined) {
      throw invalid("metadata.resourceVersion: must be specified for an update");
    }
    return this.#update(route, row, sent);
  }

  patch(route: Route, body: unknown): KubeObject {
    const row = this.#row(route);
    return this.#update(route, row, this.#checked(route, mergePatched(row.object, body)));
  }

  apply(route: Route, body: unknown): KubeObject {
    const manager = route.query.get("fieldManager");
    if (manager === null || manager === "")
      throw invalid("fieldManager: is required for apply patch");
    const intent = this.#checked(route, body);
    if (intent.metadata.managedFields !== undefined) {
      throw badRequest("metadata.managedFields must be nil");
    }
    const row = this.#table.row(route.kind, route.namespace, route.name ?? "");
    const force = route.query.get("force") === "true";
    const request = { intent: scoped(route, intent), owner: owner(route, "Apply"), force };
    if (row === undefined) {
      if (route.subresource !== undefined) throw missing(route);
      const metadata = { name: intent.metadata.name, namespace: intent.metadata.namespace };
      const empty = { apiVersion: intent.apiVersion, kind: intent.kind, metadata };
      const first = applied(empty, new Map(), request);
      return this.#born(route, asObject(first.object), first.ownership);
    }
    checkPreconditions(row.object, intent.metadata);
    const result = applied(row.object, row.ownership, request);
    return this.#settle(route, row, asObject(result.object), result.ownership);
  }

  /** Of `delete` and `evict`: removes the object, or marks it where finalizers hold it. */
  remove(route: Route, options: unknown): void {
    const row = this.#row(route);
    const preconditions = isJsonObject(options) ? options["preconditions"] : undefined;
    if (isJsonObject(preconditions)) checkPreconditions(row.object, preconditions);
    const { finalizers = [], deletionTimestamp } = row.object.metadata;
    if (finalizers.length === 0) return this.#table.remove(row);
    if (deletionTimestamp !== undefined) return;
    const metadata = { ...row.object.metadata, deletionTimestamp: new Date().toISOString() };
    this.#table.put({ ...row, object: { ...row.object, metadata } });
  }

  #born(route: Route, object: KubeObject, ownership: Ownership): KubeObject {
    const metadata = {
      ...object.metadata,
      uid: randomUUID(),
      creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
      ...(object.spec === undefined ? {} : { generation: 1 }),
      managedFields: managedFieldsOf(ownership, object.apiVersion),
    };
    const born = { ...object, metadata };
    return this.#table.put({ kind: route.kind, object: born, ownership });
  }

  #update(route: Route, row: Row, sent: KubeObject): KubeObject {
    checkPreconditions(row.object, sent.metadata);
    const next =
      route.subresource === "status" ? { ...row.object, status: sent.status ?? {} } : { ...sent };
    if (route.subresource === undefined && hasStatus(route)) {
      Reflect.deleteProperty(next, "status");
      if (row.object.status !== undefined) next.status = row.object.status;
    }
    const ownership = updated(row.ownership, owner(route, "Update"), row.object, next);
    return this.#settle(route, row, next, ownership);
  }

  /** Stores `next` with what only the server decides; a write that changes nothing stores nothing. */
  #settle(route: Route, row: Row, next: KubeObject, ownership: Ownership): KubeObject {
    const { uid, creationTimestamp, generation, resourceVersion, deletionTimestamp } =
      row.object.metadata;
    checkImmutable(row.object, next);
    const specChanged = JSON.stringify(next.spec) !== JSON.stringify(row.object.spec);
    const metadata = {
      ...next.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(generation === undefined ? {} : { generation: generation + (specChanged ? 1 : 0) }),
      managedFields: managedFieldsOf(ownership, next.apiVersion),
    };
    const object: KubeObject = { ...next, metadata };
    if (canonical(object) === canonical(row.object)) return row.object;
    const stored = this.#table.put({ kind: route.kind, object, ownership });
    const released =
      deletionTimestamp !== undefined && (stored.metadata.finalizers ?? []).length === 0;
    if (released) this.#table.remove(this.#row(route));
    return stored;
  }

  #row(route: Route): Row {
    const row = this.#table.row(route.kind, route.namespace, route.name ?? "");
    if (row === undefined) throw missing(route);
    return row;
  }

  #checked(route: Route, body: unknown): KubeObject {
    if (!isKubeObject(body)) throw badRequest("Object 'Kind' is missing");
    const expected = apiVersionOf(route.kind);
    if (body.kind !== route.kind.kind || body.apiVersion !== expected) {
      throw badRequest(`${body.apiVersion}/${body.kind} is not ${expected}/${route.kind.kind}`);
    }
    const { name, namespace = route.namespace } = body.metadata;
    if (namespace !== route.namespace) {
      throw badRequest("the namespace of the object does not match the namespace on the URL");
    }
    if (route.name !== undefined && name !== route.name) {
      throw badRequest("the name of the object does not match the name on the URL");
    }
    if (name !== undefined && (name.length > 253 || !NAME.test(name))) {
      throw invalid(`metadata.name: Invalid value: "${name}"`);
    }
    const metadata = namespace === undefined ? body.metadata : { ...body.metadata, namespace };
    return { ...body, metadata };
  }
}

/** The part of an apply that its subresource may touch. */
function scoped(route: Route, intent: KubeObject): JsonObject {
  if (route.subresource === "status") return { status: intent.status };
  if (!hasStatus(route)) return intent;
  const { status: _, ...rest } = intent;
  return rest;
}

const hasStatus = (route: Route) =>
  WITH_STATUS.has(route.kind.kind) || route.kind.group.endsWith(".dev");

function owner(route: Route, operation: "Apply" | "Update"): string {
  const name = [route.query.get("fieldManager") ?? "unknown", operation, route.subresource];
  return name.filter((part) => part !== undefined).join(" ");
}

function generatedName(object: KubeObject): string {
  const { generateName } = object.metadata;
  if (generateName === undefined) throw invalid("metadata.name: Required value");
  return generateName + randomUUID().slice(0, 5);
}

function checkPreconditions(live: KubeObject, wanted: JsonObject): void {
  const { uid, resourceVersion } = wanted;
  if (uid !== undefined && uid !== live.metadata.uid) {
    throw conflict(`Precondition failed: UID in precondition: ${JSON.stringify(uid)}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict("the object has been modified; please apply your changes to the latest version");
  }
}

function checkImmutable(live: KubeObject, next: KubeObject): void {
  if (live["immutable"] !== true) return;
  const same =
    JSON.stringify(live.data) === JSON.stringify(next.data) && next["immutable"] === true;
  if (!same) throw invalid("data: Forbidden: field is immutable when `immutable` is set");
}

/** For the comparison only: order of fields does not matter, ownership does. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    isJsonObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

function asObject(value: JsonObject): KubeObject {
  if (!isKubeObject(value)) throw badRequest("the result is not an object");
  return value;
}

const missing = (route: Route) => notFound(`${route.kind.plural} "${route.name}"`);
