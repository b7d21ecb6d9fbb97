/** The conformance suite on the fake: what the fault tests stand on behaves as the real server does. */
import { FakeApiServer } from "./fake-apiserver/server.ts";
import { describeKubeConformance } from "./kube-conformance.ts";
import { clientOf, NAMESPACE } from "./kube-harness.ts";

describeKubeConformance("fake", async () => {
  const fake = await FakeApiServer.start();
  return { http: clientOf(fake), namespace: NAMESPACE, dispose: () => fake.close() };
});
