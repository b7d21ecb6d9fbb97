// Four real daemons, one link dead for good and one of them killed: the chain goes on, over a third one.

import { expect, it } from "vitest";
import { partialLinksTrial } from "../tools/processes/partial-links.ts";

it("goes on where one of four is killed and a link of the others is dead", async () => {
  const report = await partialLinksTrial({
    validators: 4,
    reach: 1,
    killed: [3],
    blocks: 5,
    emptyBlockIntervalMs: 300,
    say: () => undefined,
  });
  // Each of a circle of four has two links; killing one leaves a line of three.
  expect(report.mostLinks).toBe(2);
  expect(report.forks).toEqual([]);
});
