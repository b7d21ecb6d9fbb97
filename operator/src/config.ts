/**
 * The operator's settings: flags before environment before defaults. Every flag has its variable, so
 * that a Deployment may use either. Read once by main.ts.
 */
import { Command, InvalidArgumentError, Option } from "commander";

export interface OperatorConfig {
  /** The one namespace to serve; undefined: all. */
  readonly watchNamespace: string | undefined;
  readonly operatorClass: string;
  readonly leaderElection: boolean;
  readonly leaseNamespace: string;
  /** Name of this process in Events and in the Lease. */
  readonly instance: string;
  /** Namespace of the operator's own pods; undefined outside a cluster. */
  readonly ownNamespace: string | undefined;
  /** Port of /metrics, /healthz and /readyz. */
  readonly httpPort: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly clusterDomain: string;
  readonly workers: number;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

interface Flags {
  readonly watchNamespace: string;
  readonly operatorClass: string;
  readonly leaderElect: string;
  readonly httpPort: number;
  readonly logLevel: OperatorConfig["logLevel"];
  readonly clusterDomain: string;
  readonly workers: number;
  readonly kubeconfig?: string;
  readonly context?: string;
}

const wholeNumber =
  (minimum: number, maximum: number) =>
  (text: string): number => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`must be a whole number from ${minimum} to ${maximum}`);
  };

function domainName(text: string): string {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("must be a DNS name without a trailing dot");
}

const option = (flags: string, description: string, variable: string) =>
  new Option(flags, description).env(`TIMECOIN_OPERATOR_${variable}`);

function command(): Command {
  return new Command("timecoin-operator")
    .description("Runs TimeCoin networks on Kubernetes.")
    .addOption(
      option("--watch-namespace <name>", "serve this namespace only", "WATCH_NAMESPACE").default(
        "",
      ),
    )
    .addOption(
      option("--operator-class <class>", "serve networks of this class", "CLASS").default(
        "default",
      ),
    )
    .addOption(
      option("--leader-elect <on|off>", "act only while holding the Lease", "LEADER_ELECT")
        .choices(["on", "off"])
        .default("on"),
    )
    .addOption(
      option("--http-port <port>", "port of /metrics, /healthz, /readyz", "HTTP_PORT")
        .argParser(wholeNumber(1, 65_535))
        .default(8080),
    )
    .addOption(
      option("--log-level <level>", "least level logged", "LOG_LEVEL")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .addOption(
      option("--cluster-domain <domain>", "the cluster's DNS domain", "CLUSTER_DOMAIN")
        .argParser(domainName)
        .default("cluster.local"),
    )
    .addOption(
      option("--workers <count>", "networks worked on at once", "WORKERS")
        .argParser(wholeNumber(1, 32))
        .default(2),
    )
    .addOption(option("--kubeconfig <file>", "instead of the pod's account", "KUBECONFIG"))
    .addOption(option("--context <name>", "context of the kubeconfig", "CONTEXT"));
}

/** The settings of `argv` (without program names) and the environment. Ends the process on bad ones. */
export function parseConfig(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): OperatorConfig {
  const flags = command().parse(argv, { from: "user" }).opts<Flags>();
  const ownNamespace = environment["POD_NAMESPACE"];
  return {
    watchNamespace: flags.watchNamespace === "" ? undefined : flags.watchNamespace,
    operatorClass: flags.operatorClass,
    leaderElection: flags.leaderElect === "on",
    leaseNamespace: ownNamespace ?? "default",
    instance: environment["POD_NAME"] ?? "timecoin-operator",
    ownNamespace,
    httpPort: flags.httpPort,
    logLevel: flags.logLevel,
    clusterDomain: flags.clusterDomain,
    workers: flags.workers,
    kubeconfig: flags.kubeconfig,
    context: flags.context,
  };
}
