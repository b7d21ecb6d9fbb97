/**
 * From method and URL to what is asked: kind, namespace, name, subresource and verb. Unknown paths and
 * methods are refused as the real server refuses them.
 */
import type { IncomingMessage } from "node:http";
import type { ResourceKind } from "../../src/kube/types.ts";
import { ApiFailure, notFound } from "./failure.ts";
import type { Verb } from "./faults.ts";

export interface Route {
  readonly verb: Verb;
  readonly kind: ResourceKind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly path: string;
}

const PATH =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[a-z]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[a-z]+))?$/;

/** What `request` asks for, among `kinds`. */
export function routeOf(request: IncomingMessage, kinds: readonly ResourceKind[]): Route {
  const url = new URL(request.url ?? "/", "http://fake");
  const parts = PATH.exec(url.pathname)?.groups;
  const kind = kinds.find(
    (kind) =>
      kind.plural === parts?.["plural"] &&
      kind.group === (parts["group"] ?? "") &&
      kind.version === (parts["version"] ?? parts["core"]),
  );
  if (parts === undefined || kind === undefined) throw notFound(url.pathname);
  const name = parts["name"] === undefined ? undefined : decodeURIComponent(parts["name"]);
  const subresource = parts["subresource"];
  const verb = verbOf(request, { name, subresource, watch: url.searchParams.get("watch") });
  return {
    verb,
    kind,
    name,
    subresource,
    namespace: parts["namespace"],
    query: url.searchParams,
    path: url.pathname,
  };
}

function verbOf(
  request: IncomingMessage,
  asked: {
    readonly name: string | undefined;
    readonly subresource: string | undefined;
    readonly watch: string | null;
  },
): Verb {
  const { name, subresource, watch } = asked;
  const collection = name === undefined;
  if (request.method === "GET") {
    if (!collection) return "get";
    return watch === "true" ? "watch" : "list";
  }
  if (request.method === "POST" && subresource === "eviction") return "evict";
  if (request.method === "POST" && collection) return "create";
  if (request.method === "PUT" && !collection) return "replace";
  if (request.method === "DELETE" && !collection) return "delete";
  if (request.method === "PATCH" && !collection) return patchVerb(request.headers["content-type"]);
  throw new ApiFailure({ status: 405, reason: "MethodNotAllowed", message: "method not allowed" });
}

function patchVerb(contentType: string | undefined): Verb {
  if (contentType === "application/apply-patch+yaml") return "apply";
  if (contentType === "application/merge-patch+json") return "patch";
  throw new ApiFailure({
    status: 415,
    reason: "UnsupportedMediaType",
    message: `the body of the request was in an unknown format: ${contentType}`,
  });
}
