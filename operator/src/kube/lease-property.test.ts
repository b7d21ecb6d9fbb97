import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Candidate, LeaseServer, type Passage, Weather } from "../../test/kube-election.ts";
import { VirtualClock } from "../../test/kube-virtual-clock.ts";

const MINUTE_MS = 60_000;

describe("LeaderElector under any weather", () => {
  const passage = fc.record({
    delayMs: fc.integer({ min: 0, max: 2_400 }),
    fate: fc.constantFrom<Passage["fate"]>(
      "arrives",
      "arrives",
      "arrives",
      "refused",
      "answerLost",
    ),
  });
  const weather = fc.array(passage, { minLength: 1, maxLength: 12 });
  const happening = fc.record({
    waitMs: fc.integer({ min: 0, max: 30_000 }),
    kind: fc.constantFrom("cut", "mend", "delete", "stop", "nothing"),
    who: fc.integer({ min: 0, max: 2 }),
  });

  it("never lets two lead at once, whatever the network does, and always finds a leader in the end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(weather, weather, weather),
        fc.array(happening, { maxLength: 12 }),
        async (weathers, happenings) => {
          const clock = new VirtualClock();
          const server = new LeaseServer(clock);
          const candidates = weathers.map(
            (passages, index) =>
              new Candidate(`c${index}`, server, { clock, weather: new Weather(passages) }),
          );
          const observe = () => {
            const leaders = candidates.filter(({ elector }) => elector.isLeader());
            expect(leaders.length).toBeLessThanOrEqual(1);
          };
          let deleted = false;
          await clock.advance(20_000, observe);
          for (const { waitMs, kind, who } of happenings) {
            const candidate = candidates[who];
            if (kind === "cut" && candidate !== undefined) candidate.weather.cut = true;
            if (kind === "mend" && candidate !== undefined) candidate.weather.cut = false;
            // Who has never seen the lease, or missed that it came back, cannot know that one was deleted.
            const known = candidates.every(({ elector }) => elector.holder() !== "");
            if (kind === "delete" && known && !deleted) server.lease = undefined;
            deleted ||= server.lease === undefined;
            if (kind === "stop") candidate?.stop();
            await clock.advance(waitMs, observe);
          }
          for (const candidate of candidates) candidate.stop();
          await clock.advance(20_000, observe);
          const fresh = new Candidate("fresh", server, { clock });
          candidates.push(fresh);
          await clock.advance(2 * MINUTE_MS, observe);
          expect(fresh.elector.isLeader()).toBe(true);
          fresh.stop();
          await clock.advance(MINUTE_MS);
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
