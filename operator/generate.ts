/**
 * Every file that the operator's schemas own: CRDs, their copies in the CRD chart, the reference page.
 * The repository's generator writes them; run alone, this writes the same files.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GeneratedFile, generateCrds } from "./src/api/crd.ts";
import { crdReference } from "./src/api/crd-reference.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Helm keeps CRDs of this chart when it is removed: deleting a CRD deletes every network. */
const KEEP = "    helm.sh/resource-policy: keep\n";

function chartCopy({ path, text }: GeneratedFile): GeneratedFile {
  const kept = text.replace("metadata:\n", `metadata:\n  annotations:\n${KEEP}`);
  // Rules and patterns hold braces that Helm would take for its own.
  const escaped = kept.replaceAll("{{", '{{ "{{" }}');
  return { path: `charts/timecoin-crds/templates/${basename(path)}`, text: escaped };
}

/** All generated files of the operator with their texts. */
export function operatorFiles(): GeneratedFile[] {
  const crds = generateCrds();
  return [...crds, ...crds.map(chartCopy), { path: "docs/reference/crd.md", text: crdReference() }];
}

if (import.meta.main) {
  for (const { path, text } of operatorFiles()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
    console.log(`wrote ${path}`);
  }
}
