/** Monitors that fail now and then. */

import assert from "node:assert/strict";
import { relativeIntensities } from "./beam_monitor.ts";

const CASES: readonly [string, number[], number[]][] = [
  ["divides by the mean", [1, 2, 3, 6], [1, 2, 3, 6].map((v) => v / 3)],
  ["takes the mean of both neighbours for a negative reading", [2, -1, 4, 1, 3], [2, 3, 4, 1, 3].map((v) => v / 2.6)],
  ["takes the one neighbour at an end", [-1, 2, 4, 2, -1], [2, 2, 4, 2, 2].map((v) => v / 2.4)],
  ["looks further where neighbours failed too", [2, -1, NaN, 6, 1, 7], [2, 4, 4, 6, 1, 7].map((v) => v / 4)],
  ["does the same for the only reading below the mean", [8, 8, 1, 8], [1, 1, 1, 1]],
];
for (const [what, readings, expected] of CASES) {
  Deno.test(`relativeIntensities() ${what}`, () => {
    const found = relativeIntensities(readings, { source: "s" });
    assert.ok(found.every((v, i) => Math.abs(v / expected[i]! - 1) < 1e-12), String(found));
    assert.equal(found.length, expected.length);
  });
}

Deno.test("relativeIntensities() refuses a monitor that says nothing", () => {
  assert.throws(() => relativeIntensities([-1, -1], { source: "s" }), /found no reading of the monitor/);
  assert.throws(() => relativeIntensities([0, 0], { source: "s" }), /found no reading of the monitor/);
});
