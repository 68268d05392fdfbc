/** Waits that outlive a process measure time by a clock that nobody can set back. */

import assert from "node:assert/strict";
import { createSteadyClock } from "./steady_clock.ts";

Deno.test("createSteadyClock() is the wall clock while that goes forward, also in leaps", () => {
  const clock = madeUpClock(1000);
  const now = createSteadyClock(clock, 0);
  assert.equal(now(), 1000);
  clock.pass(10);
  assert.equal(now(), 1010);
  // The machine slept for a minute: no monotonic time has passed.
  clock.set(61_010);
  assert.equal(now(), 61_010);
  clock.pass(5);
  assert.equal(now(), 61_015);
});

Deno.test("createSteadyClock() goes on at the pace of the monotonic clock when the wall clock was set back", () => {
  const clock = madeUpClock(10_000);
  const now = createSteadyClock(clock, 0);
  clock.set(4000);
  assert.equal(now(), 10_000);
  clock.pass(250);
  assert.equal(now(), 10_250);
  clock.set(10_400);
  assert.equal(now(), 10_400);
});

Deno.test("createSteadyClock() goes on from what an earlier process saw", () => {
  const clock = madeUpClock(1000);
  const now = createSteadyClock(clock, 9000);
  clock.pass(50);
  assert.equal(now(), 9050);
});

function madeUpClock(start: number) {
  let [wall, monotonic] = [start, 77];
  return {
    wall: () => wall,
    monotonic: () => monotonic,
    set: (to: number) => void (wall = to),
    pass(milliseconds: number) {
      wall += milliseconds;
      monotonic += milliseconds;
    },
  };
}
