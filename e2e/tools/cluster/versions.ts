// The one table of pinned versions. A change here changes the content keys of what is built from
// it, so caches rebuild by themselves. Nothing else in the repository names these versions.

export const versions = {
  /** The newest minor that accepts cgroup v1; 1.35 refuses it by default. */
  kubernetes: "1.34.4",
  etcd: "3.6.5",
  /** kubeadm asks for the image with this tag. */
  etcdImageTag: "3.6.5-0",
  coredns: "1.12.1",
  kind: "0.33.0",
  localPathProvisioner: "0.0.30",
  helm: "3.22.0",
  pauseImageTags: ["3.10.1", "3.10"],
  debianSuite: "trixie",
  /** npm inside the Node base image, the major that ships with Node 24. */
  npm: "11.21.2",
  /** kind 0.33.0 lists this image for 1.34 in its release notes; used where registries answer. */
  kindNodeImage:
    "kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d",
  goMinimum: "1.24",
} as const;

/** The names by which Dockerfiles know the bases, in both worlds. */
export const baseImageNames = {
  debian: "debian:trixie-slim",
  node: "node:24-trixie-slim",
} as const;
