/** The sign of matter, by formula. */

import assert from "node:assert/strict";
import { matterCorrelation } from "./conjugation.ts";

const SHAPE = [30, 20] as const;

/** exp((-beta + i sign delta) t) of a bumpy thickness t, with a ramp and an offset of the phase. */
function matter(sign: number): Float64Array {
  const data = new Float64Array(2 * SHAPE[0] * SHAPE[1]);
  for (let y = 0; y < SHAPE[0]; y++) {
    for (let x = 0; x < SHAPE[1]; x++) {
      const thickness = 2 + Math.sin(y) + Math.cos(1.3 * x);
      const [log, phase] = [-0.05 * thickness, sign * -0.5 * thickness + 0.4 * y - 0.2 * x + 3];
      data[2 * (y * SHAPE[1] + x)] = Math.exp(log) * Math.cos(phase);
      data[2 * (y * SHAPE[1] + x) + 1] = Math.exp(log) * Math.sin(phase);
    }
  }
  return data;
}

Deno.test("matterCorrelation() is 1 for matter of one substance and -1 for its conjugate, whatever ramp the phase has", () => {
  // Both logarithms are linear in the thickness: exact but for rounding.
  assert.ok(Math.abs(matterCorrelation(matter(1), SHAPE) - 1) < 1e-9);
  assert.ok(Math.abs(matterCorrelation(matter(-1), SHAPE) + 1) < 1e-9);
});

Deno.test("matterCorrelation() of nothing is 0", () => {
  assert.equal(matterCorrelation(new Float64Array(2 * 600), SHAPE), 0);
});
