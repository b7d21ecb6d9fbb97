// The tooling's error codes: what each means and what to do next, in the form of the node's catalogue.
// A failure may say more exactly what to do (the log's name, the variable); else it says this.
// docs/reference/errors.md is generated from it.

import { type ErrorEntry, entry } from "@timecoin/node/types/errors/error-entry";

export const TOOLING_ERRORS = {
  // the engine, packages and programs
  CLUSTER_ENGINE_MISSING: entry(
    "No Docker engine answers, and none may be installed here.",
    "Install and start Docker (https://docs.docker.com/engine/install), then run the same command again.",
  ),
  CLUSTER_ENGINE_START: entry(
    "The engine that the tooling installed does not start.",
    "Read logs/dockerd.log in the cache, remove what it names, then run the same command again.",
  ),
  CLUSTER_ENGINE_BUSY: entry(
    "Containers still run on the engine, so it is not stopped.",
    "Wait until they end, or stop them yourself if they are yours, then run the same command again.",
  ),
  CLUSTER_ENGINE_RUNTIME: entry(
    "The engine's container runtime, runc, is not installed.",
    "Install the package runc, then run the same command again.",
  ),
  CLUSTER_PACKAGES: entry(
    "apt could not install the packages.",
    "Check the apt sources and the network, then run the same command again.",
  ),
  CLUSTER_PACKAGES_REFUSED: entry(
    "Packages are needed, and the answer was no or they may not be installed here.",
    "Install the named packages yourself, then run the same command again.",
  ),
  CLUSTER_GO_MISSING: entry(
    "There is no Go toolchain that is new enough.",
    "Install Go from https://go.dev/dl (or your distribution), then run the same command again.",
  ),
  CLUSTER_GO_BUILD: entry(
    "A component of Kubernetes could not be built from its Go module.",
    "Check that the Go module proxy answers, then run the same command again.",
  ),
  // images
  CLUSTER_BASE_IMAGE: entry(
    "The Debian base image could not be made from packages.",
    "Check the Debian mirror, then run the same command again.",
  ),
  CLUSTER_NODE_BINARY: entry(
    "The npm package with the Node binary is not installed.",
    "Run `npm ci` in the checkout, then run the same command again.",
  ),
  CLUSTER_NPM_PACKAGE: entry(
    "npm could not be fetched for the Node base image.",
    "Check that the npm registry answers (`npm ping`), then run the same command again.",
  ),
  CLUSTER_IMAGE_BUILD: entry(
    "The engine could not build an image.",
    "Read the log that is named, mend the Dockerfile or its inputs, then run the same command again.",
  ),
  CLUSTER_IMAGE_INPUT: entry(
    "A file that an image is made from is not there.",
    "Mend the list of inputs where the image is described.",
  ),
  CLUSTER_IMAGE_MISSING: entry(
    "The image that is to be loaded into the cluster does not exist on the engine.",
    "Build it first (`buildImage`), then load it.",
  ),
  CLUSTER_IMAGE_PUSH: entry(
    "Your registry refused the image.",
    "Log in to it (`docker login`), then run the same command again.",
  ),
  // the cluster
  CLUSTER_CREATE: entry(
    "kind could not create the cluster.",
    "`npm run down` removes what is left; then start again.",
  ),
  CLUSTER_NOT_READY: entry(
    "The cluster was created and is not ready in time.",
    "`npm run down`, then start again.",
  ),
  CLUSTER_NODE_FACTS: entry(
    "A node's address or pod subnet is not an IPv4 one.",
    "`npm run down`, then start again.",
  ),
  CLUSTER_NAME_TAKEN: entry(
    "A kind cluster of this name exists, and this cache did not make it.",
    "Choose another name with --name, or remove that cluster yourself.",
  ),
  CLUSTER_UNREACHABLE: entry(
    "The cluster of KUBE_CONTEXT does not answer.",
    "Check it with kubectl, then run the same command again.",
  ),
  CLUSTER_PROOF: entry(
    "Pods do not reach each other.",
    "`npm run down`, then start again; if it repeats, the pod network is at fault.",
  ),
  CLUSTER_LOCKED: entry(
    "Another process has held the cache for too long.",
    "See what that process does; end it if it hangs, then run the same command again.",
  ),
  CLUSTER_SETTING: entry(
    "A variable or an option has a value that cannot be used.",
    "Correct it, then run the same command again.",
  ),
  CLUSTER_IMAGES_SETTING: entry(
    "TIMECOIN_IMAGES is neither registry nor packages.",
    "Unset it, or set one of the two, then run the same command again.",
  ),
  CLUSTER_USAGE: entry(
    "The command line has an unknown command or option.",
    "Use the command as the failure shows it.",
  ),
  // the network in the cluster
  NETWORK_FAUCET: entry(
    "The test coins cannot be spent: the network has another faucet than its Secret says.",
    "Delete the network with its Secret <network>-faucet and genesis, then start again.",
  ),
  NETWORK_HELM: entry(
    "Helm could not install CRDs or operator.",
    "Look at the operator's pods and events, then run the same command again.",
  ),
  NETWORK_RPC: entry(
    "A node answered an RPC call with an error.",
    "Look at the node's log: `kubectl logs` of one of its pods.",
  ),
  // benchmarks
  BENCHMARK_USAGE: entry(
    "The command line of the benchmarks names none of them, or has an unknown option.",
    "`npm run benchmarks -- list` names them all; options are --json and --scale 0.01.",
  ),
  // any program and any wait
  RUN_NOT_FOUND: entry(
    "A program that is needed is not installed.",
    "Install it, or put it on PATH, then run the same command again.",
  ),
  RUN_START: entry(
    "A program is there and could not be started.",
    "Look at its permissions and at the machine's limits, then run the same command again.",
  ),
  RUN_TIMEOUT: entry(
    "A program did not end in time and was stopped.",
    "Run the same command again; if it repeats, look at the machine's load and network.",
  ),
  RUN_FAILED: entry(
    "A program ended with a failure, or said more than is kept.",
    "The lines above say why; run the same command again after that.",
  ),
  WAIT_TIMEOUT: entry(
    "What was waited for did not come in time.",
    "Look at the logs and events of what was waited for, then run the same command again.",
  ),
  TOOLING_UNEXPECTED: entry(
    "The tooling met an error that it does not know.",
    "This is a fault of the tooling itself; report it with the lines above.",
  ),
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ToolingErrorCode = keyof typeof TOOLING_ERRORS;
