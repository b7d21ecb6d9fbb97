/**
 * Label selectors, as lists and watches take them.
 */
import type { KubeObject } from "../../src/kube/types.ts";
import { badRequest } from "./failure.ts";

export type Predicate = (object: KubeObject) => boolean;

/** `labelSelector` and the namespace, as one predicate. */
export function selectorOf(query: URLSearchParams, namespace: string | undefined): Predicate {
  const terms: Predicate[] = split(query.get("labelSelector")).map(labelTerm);
  if (namespace !== undefined) terms.push((object) => object.metadata.namespace === namespace);
  return (object) => terms.every((term) => term(object));
}

/** Terms are separated by commas outside of parentheses. */
const split = (text: string | null) =>
  text === null || text === "" ? [] : text.split(/,(?![^(]*\))/).map((term) => term.trim());

function labelTerm(term: string): Predicate {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, name = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return (object) => {
      const value = object.metadata.labels?.[name];
      const within = value !== undefined && values.includes(value);
      return operator === "in" ? within : !within;
    };
  }
  const equality = /^([^!=\s]+)\s*(==|=|!=)\s*([^=\s]*)$/.exec(term);
  if (equality !== null) {
    const [, name = "", operator, value] = equality;
    return (object) => (object.metadata.labels?.[name] === value) === (operator !== "!=");
  }
  const presence = /^(!?)([^!=\s(),]+)$/.exec(term);
  if (presence === null) throw badRequest(`unable to parse requirement: ${term}`);
  const [, not, name = ""] = presence;
  return (object) => (object.metadata.labels?.[name] !== undefined) === (not === "");
}
