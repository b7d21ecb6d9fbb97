// The manifest of the default storage class `standard`: local-path-provisioner, which makes a
// folder on the node that runs the pod. kind applies it when the cluster is created, from the
// place where its own node image keeps one. Folders are 0777, because pods that are not root must
// write into them; the class binds late, so that a claim follows its pod's node.
// Pure; called by node-image.ts.
import { stringify } from "yaml";

const namespace = "local-path-storage";
const account = "local-path-provisioner";
/** Where volumes live on a node. */
const volumeRoot = "/var/local-path-provisioner";

export interface StorageImages {
  readonly provisioner: string;
  /** Runs the shell that makes and removes a folder. */
  readonly helper: string;
}

/** The whole manifest as YAML documents. */
export function storageManifest(images: StorageImages): string {
  const documents = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
    ...accessRules(),
    settings(images.helper),
    deployment(images),
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: {
        name: "standard",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "rancher.io/local-path",
      volumeBindingMode: "WaitForFirstConsumer",
      reclaimPolicy: "Delete",
    },
  ];
  return documents.map((document) => stringify(document)).join("---\n");
}

function accessRules(): object[] {
  const read = ["get", "list", "watch"];
  const write = [...read, "create", "patch", "update", "delete"];
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: account },
      rules: [
        {
          apiGroups: [""],
          resources: ["nodes", "configmaps", "persistentvolumeclaims"],
          verbs: read,
        },
        { apiGroups: [""], resources: ["pods", "pods/log", "endpoints"], verbs: write },
        { apiGroups: [""], resources: ["persistentvolumes"], verbs: write },
        { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
        { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: read },
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: account },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: account },
      subjects: [{ kind: "ServiceAccount", name: account, namespace }],
    },
  ];
}

function settings(helperImage: string): object {
  const nodePathMap = [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [volumeRoot] }];
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: account, namespace },
    data: {
      "config.json": JSON.stringify({ nodePathMap }),
      setup: '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
      teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
      "helperPod.yaml": stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "helper-pod" },
        spec: {
          priorityClassName: "system-node-critical",
          tolerations: [{ operator: "Exists" }],
          containers: [{ name: "helper-pod", image: helperImage, imagePullPolicy: "IfNotPresent" }],
        },
      }),
    },
  };
}

function deployment(images: StorageImages): object {
  const labels = { app: account };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: account, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: "system-cluster-critical",
          serviceAccountName: account,
          tolerations: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists" }],
          containers: [
            {
              name: "provisioner",
              image: images.provisioner,
              imagePullPolicy: "IfNotPresent",
              args: [
                "start",
                "--config=/etc/config/config.json",
                `--configmap-name=${account}`,
                `--service-account-name=${account}`,
                `--helper-image=${images.helper}`,
              ],
              env: [
                {
                  name: "POD_NAMESPACE",
                  valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } },
                },
              ],
              volumeMounts: [{ name: "config", mountPath: "/etc/config" }],
            },
          ],
          volumes: [{ name: "config", configMap: { name: account } }],
        },
      },
    },
  };
}
