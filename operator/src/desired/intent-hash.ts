/**
 * The hash of what the operator means to apply: SHA-256 over its canonical JSON, so that two intents
 * with one hash are one intent (a collision would skip an apply). Live objects are never compared with
 * the intent, because defaults and injected sidecars would look like drift for ever.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Manifest } from "../api/manifest.ts";
import { INTENT_ANNOTATION } from "./labels.ts";

/** 64 hex digits, the same for values that differ in the order of their keys only. */
export const intentHash = (value: unknown): string =>
  bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));

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
