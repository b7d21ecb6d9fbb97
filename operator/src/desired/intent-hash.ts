/**
 * A short hash of what the operator means to apply. It tells changed from unchanged intents and is no
 * security measure: 64 bits of two multiplicative lanes over the canonical JSON. Live objects are never
 * compared with the intent, because defaults and injected sidecars would look like drift for ever.
 */
import type { Manifest } from "../api/manifest.ts";
import { INTENT_ANNOTATION } from "./labels.ts";

/** 16 hex digits, the same for values that differ in the order of their keys only. */
export function intentHash(value: unknown): string {
  const text = canonicalJson(value);
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x5bd1e995) ^ (high >>> 13);
  }
  high = Math.imul(high ^ (high >>> 16), 0x7feb352d) ^ low;
  low = Math.imul(low ^ (low >>> 15), 0x846ca68b) ^ (high >>> 11);
  return hex32(high) + hex32(low);
}

const hex32 = (word: number) => (word >>> 0).toString(16).padStart(8, "0");

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  const fields = entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(",")}}`;
}

/** The manifest with its own hash as an annotation. */
export function sealed<M extends Manifest>(manifest: M): M {
  const { metadata } = manifest;
  const annotations = { ...metadata.annotations, [INTENT_ANNOTATION]: intentHash(manifest) };
  return { ...manifest, metadata: { ...metadata, annotations } };
}

/** The hash that an object was applied with; undefined where it carries none. */
export const intentOf = (object: {
  readonly metadata: { readonly annotations?: { readonly [name: string]: string } };
}): string | undefined => object.metadata.annotations?.[INTENT_ANNOTATION];
