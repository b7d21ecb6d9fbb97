/**
 * Bundles the operator into one file for its image: one third of the memory of unbundled client-node,
 * and no node_modules at run time. Called by `npm run build` and by the Dockerfile.
 */
import { build } from "esbuild";

await build({
  entryPoints: [new URL("src/main.ts", import.meta.url).pathname],
  outfile: new URL("dist/operator.mjs", import.meta.url).pathname,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "inline",
  logLevel: "warning",
  // CommonJS parts of the bundle ask for `require`, which ES modules lack.
  banner: {
    js: 'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);',
  },
});
