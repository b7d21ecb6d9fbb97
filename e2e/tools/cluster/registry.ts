// Do public image registries answer from here? Decides between the two ways to the same cluster:
// official images, or images made from packages. TIMECOIN_IMAGES=registry|packages overrides.
// Called by cluster.ts.
import { ToolingError } from "../coded-error.ts";
import { imageId } from "./docker.ts";
import { versions } from "./versions.ts";

/** Where images come from. */
export type ImageSource = "registry" | "packages";

export interface ImageSourceChoice {
  readonly source: ImageSource;
  /** Why, for the reader of the log. */
  readonly reason: string;
}

const probeAddress = "https://registry-1.docker.io/v2/";
const probeTimeoutMs = 5_000;

/** What the override says. Errors: CLUSTER_IMAGES_SETTING. */
export function imageSourceSetting(setting: string | undefined): ImageSource | undefined {
  if (setting === undefined || setting === "") return undefined;
  if (setting === "registry" || setting === "packages") return setting;
  throw new ToolingError({
    code: "CLUSTER_IMAGES_SETTING",
    thing: "TIMECOIN_IMAGES",
    place: "the environment",
    reason: `"${setting.slice(0, 40)}" is not one of registry, packages`,
  });
}

/** Chooses by the override, by an image that was pulled before, else by asking the registry. */
export async function chooseImageSource(): Promise<ImageSourceChoice> {
  const setting = imageSourceSetting(process.env["TIMECOIN_IMAGES"]);
  if (setting !== undefined) return { source: setting, reason: "TIMECOIN_IMAGES says so" };
  if ((await imageId(versions.kindNodeImage)) !== undefined) {
    return { source: "registry", reason: "the official node image is here already" };
  }
  return await probe();
}

/** An answer that asks for a login is an answer; a proxy's refusal is none. */
async function probe(): Promise<ImageSourceChoice> {
  const host = new URL(probeAddress).host;
  try {
    const response = await fetch(probeAddress, { signal: AbortSignal.timeout(probeTimeoutMs) });
    await response.body?.cancel();
    if (response.status === 200 || response.status === 401) {
      return { source: "registry", reason: `${host} answers` };
    }
    return { source: "packages", reason: `${host} answers with ${response.status}` };
  } catch {
    // Any failure to connect means the same: no registry from here.
    return { source: "packages", reason: `${host} does not answer` };
  }
}
