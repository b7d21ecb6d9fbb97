// Brings a local image to the nodes of a kind cluster. Each node's containerd keeps the image's id
// as a label, so a node that has it is skipped. Called through cluster.ts.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ToolingError } from "../coded-error.ts";
import type { Progress } from "../progress.ts";
import { logPath, scratchFolder } from "./cache.ts";
import { docker, imageId } from "./docker.ts";

const idLabel = "timecoin.dev/image-id";
const options = { timeoutMs: 300_000, logFile: logPath("load-image") };

/** The name under which containerd knows an image of docker: with registry and tag. */
export function fullImageName(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isRegistry = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const path = isRegistry ? image : `docker.io/${rest.length === 0 ? "library/" : ""}${image}`;
  return /:[^/]+$/.test(path) ? path : `${path}:latest`;
}

/** Loads the image into every node that lacks it. Errors: CLUSTER_IMAGE_MISSING, RUN_*. */
export async function loadIntoNodes(
  progress: Progress,
  image: string,
  nodes: readonly string[],
): Promise<void> {
  const id = await imageId(image);
  if (id === undefined) throw imageMissing(image);
  const name = fullImageName(image);
  const lacking: string[] = [];
  for (const node of nodes) {
    if (!(await holds(node, name, id))) lacking.push(node);
  }
  if (lacking.length === 0) return;
  const where = lacking.length === 1 ? "1 node" : `${lacking.length} nodes`;
  await progress.step("images", `loading ${image} into ${where}`, async () => {
    const scratch = scratchFolder("load");
    const archive = join(scratch, "image.tar");
    try {
      await docker(["save", "-o", archive, image], options);
      // Two at a time: unpacking is work for a core each.
      for (let index = 0; index < lacking.length; index += 2) {
        const pair = lacking.slice(index, index + 2);
        await Promise.all(pair.map(async (node) => await importInto(node, { archive, name, id })));
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}

const ctr = (node: string) => ["exec", "-i", node, "ctr", "-n", "k8s.io", "images"];

async function holds(node: string, name: string, id: string): Promise<boolean> {
  const filter = `name==${name},labels."${idLabel}"==${id}`;
  const result = await docker([...ctr(node), "ls", "-q", filter], options);
  return result.stdout.trim() !== "";
}

interface Archive {
  readonly archive: string;
  readonly name: string;
  readonly id: string;
}

async function importInto(node: string, { archive, name, id }: Archive): Promise<void> {
  await docker([...ctr(node), "import", "--snapshotter=overlayfs", "-"], {
    ...options,
    inputFile: archive,
  });
  await docker([...ctr(node), "label", name, `${idLabel}=${id}`], options);
}

function imageMissing(image: string): ToolingError {
  return new ToolingError({
    code: "CLUSTER_IMAGE_MISSING",
    thing: image,
    place: "the container engine",
    reason: "there is no such local image to load",
  });
}
