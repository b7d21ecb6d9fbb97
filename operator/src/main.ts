/**
 * The program: settings, signals, exit codes. 0 after an ordered end, 1 where the Lease is lost or
 * something broke; the kubelet starts it again either way.
 */
import { pino } from "pino";
import { parseConfig } from "./config.ts";
import { startHttpServer } from "./http-server.ts";
import { kubeEndpoint } from "./kube/endpoint.ts";
import { loadKubeConfig } from "./kube/kubeconfig.ts";
import { buildOperator } from "./operator.ts";

const config = parseConfig(process.argv.slice(2), process.env);
const logger = pino({
  level: config.logLevel,
  base: { instance: config.instance },
  timestamp: pino.stdTimeFunctions.isoTime,
  redact: ["*.data", "*.stringData", "*.headers", "*.token"],
});

function onLost(): void {
  logger.fatal("the lease is lost: another operator may act now");
  logger.flush();
  process.exit(1);
}

async function main(): Promise<void> {
  const { kubeconfig: path, context } = config;
  const kubeConfig = loadKubeConfig({
    ...(path === undefined ? {} : { path }),
    ...(context === undefined ? {} : { context }),
    inCluster: path === undefined && process.env["KUBERNETES_SERVICE_HOST"] !== undefined,
  });
  const operator = buildOperator({ config, endpoint: kubeEndpoint(kubeConfig), logger, onLost });
  const { metrics } = operator;
  const server = await startHttpServer({
    port: config.httpPort,
    isReady: () => operator.isReady(),
    metrics,
  });
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      logger.info({ signal }, "stopping");
      stop.abort();
    });
  }
  logger.info(
    { class: config.operatorClass, namespace: config.watchNamespace ?? "all" },
    "started",
  );
  await operator.run(stop.signal);
  server.closeAllConnections();
  server.close();
  logger.info("stopped");
}

try {
  await main();
  process.exitCode = 0;
  // Keep-alive connections to nodes and API server must not hold the process.
  logger.flush();
  process.exit();
} catch (error) {
  logger.fatal({ err: error }, "the operator cannot go on");
  logger.flush();
  process.exit(1);
}
