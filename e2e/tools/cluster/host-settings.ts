// What this machine already knows and builds need as well: the Debian mirror, the certificate
// authorities that it trusts beyond Debian's, npm's registry, the proxies. Read at run time and
// handed to builds; nothing of it is ever written into the repository.
// The parsing is pure; the readers below it are called by base-images.ts and build-image.ts.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../run-command.ts";

const defaultMirror = "http://deb.debian.org/debian";
const defaultSecurityMirror = "http://deb.debian.org/debian-security";
const defaultNpmRegistry = "https://registry.npmjs.org/";
const hostBundle = "/etc/ssl/certs/ca-certificates.crt";
const shippedFolder = "/usr/share/ca-certificates";
const maxCertificates = 1000;

export interface Mirrors {
  readonly debian: string;
  readonly security: string;
}

/** The Debian mirrors that apt source texts name (one-line and deb822 style), else the public ones. */
export function mirrorsOf(sourceTexts: readonly string[]): Mirrors {
  const addresses = sourceTexts
    .flatMap((text) => text.split("\n"))
    .filter((line) => /^\s*(deb\s|URIs:)/.test(line))
    .flatMap((line) => line.match(/https?:\/\/[^\s\]]+/g) ?? [])
    .filter((address) => !address.includes("@"))
    .map((address) => address.replace(/\/+$/, ""));
  return {
    debian: addresses.find((address) => address.endsWith("/debian")) ?? defaultMirror,
    security:
      addresses.find((address) => address.endsWith("/debian-security")) ?? defaultSecurityMirror,
  };
}

/** The PEM certificates of a bundle, each with one line break at its end. */
export function certificatesOf(bundle: string): string[] {
  const found = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.slice(0, maxCertificates).map((pem) => `${pem.replace(/\r/g, "")}\n`);
}

/** The certificates of `bundle` that no shipped one equals: the authorities added on this machine. */
export function extraCertificates(bundle: string, shipped: readonly string[]): string[] {
  const body = (pem: string) => pem.replace(/\s/g, "");
  const known = new Set(shipped.flatMap(certificatesOf).map(body));
  return certificatesOf(bundle).filter((pem) => !known.has(body(pem)));
}

/** The mirrors of this machine's apt. */
export function hostMirrors(): Mirrors {
  const folder = "/etc/apt/sources.list.d";
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const texts = ["/etc/apt/sources.list", ...files]
    .filter((path) => existsSync(path) && /\.(list|sources)$/.test(path))
    .map((path) => readFileSync(path, "utf8"));
  return mirrorsOf(texts);
}

/** The certificate authorities that this machine trusts beyond its distribution's. */
export function hostExtraCertificates(): string[] {
  if (!existsSync(hostBundle) || !existsSync(shippedFolder)) return [];
  const shipped = readdirSync(shippedFolder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".crt"))
    .map((name) => readFileSync(join(shippedFolder, name), "utf8"));
  return extraCertificates(readFileSync(hostBundle, "utf8"), shipped);
}

/** npm's registry where it is not the public one; never one whose address holds a credential. */
export async function hostNpmRegistry(): Promise<string | undefined> {
  const result = await run("npm", ["config", "get", "registry"], {
    timeoutMs: 30_000,
    allowFailure: true,
  });
  const registry = result.stdout.trim();
  const isPlain = /^https?:\/\/[^@\s]+$/.test(registry);
  return result.exitCode === 0 && isPlain && registry !== defaultNpmRegistry ? registry : undefined;
}

/** Proxy settings of this machine's environment; Docker predefines these build arguments. */
export function hostProxyArgs(): string[] {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
  // A name without a value is taken from the environment, so no value shows in the arguments.
  return names.filter((name) => process.env[name]).flatMap((name) => ["--build-arg", name]);
}
