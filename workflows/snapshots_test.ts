/** Snapshots: their time is a small part of the time worked. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { scheduleSnapshots } from "./snapshots.ts";
import { createTestClock } from "./testing.ts";

const STATE = { iterations: 0, iteration: 0, random: {}, scalars: {}, arrays: {} };

/** Takes snapshots where they are due between blocks of 100 ms; each takes as long as `cost` says. Returns the blocks before each. */
async function snapshotsAfter(blocks: number, cost: (block: number) => number): Promise<number[]> {
  const clock = createTestClock();
  const schedule = scheduleSnapshots(clock);
  const taken: number[] = [];
  for (let block = 1; block <= blocks; block++) {
    clock.advance(100);
    if (!schedule.isDue()) continue;
    taken.push(block);
    const state = await schedule.take(() => {
      clock.advance(cost(block));
      return Promise.resolve(STATE);
    });
    assertEquals(state, STATE);
  }
  return taken;
}

Deno.test("a snapshot is due after every block while it takes at most a twentieth of it", async () => {
  assertEquals(await snapshotsAfter(5, () => 5), [1, 2, 3, 4, 5]);
});

Deno.test("a snapshot that takes longer comes when the time since the last one has paid for it", async () => {
  assertEquals(await snapshotsAfter(12, () => 20), [1, 5, 9]);
});

Deno.test("the schedule goes by the duration of the last snapshot", async () => {
  assertEquals(await snapshotsAfter(12, (block) => block === 1 ? 40 : 5), [1, 9, 10, 11, 12]);
});

Deno.test("however long a snapshot takes, all after the first take a twentieth of the time at most", async () => {
  for (const cost of [1, 7, 50, 333]) {
    const taken = await snapshotsAfter(1000, () => cost);
    assert((taken.length - 1) * cost <= 0.05 * 1000 * 100, `${taken.length} snapshots of ${cost} ms in 1000 blocks`);
    // Fewer only where a snapshot after every block costs less, and as far as blocks of 100 ms do not divide the time.
    assert(taken.length * cost >= 0.03 * 1000 * 100 || taken.length === 1000, `only ${taken.length} of ${cost} ms`);
  }
});
