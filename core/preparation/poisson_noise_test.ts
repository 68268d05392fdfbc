/** Noise is drawn pixel after pixel from the given generator. */

import assert from "node:assert/strict";
import { addPoissonNoise } from "./poisson_noise.ts";

Deno.test("addPoissonNoise() draws once per pixel in row-major order with the pixel as mean", () => {
  const means: number[] = [];
  const random = {
    poisson: (mean: number) => means.push(mean) * 10,
    uniform: () => 0,
    normal: () => 0,
    permutation: () => new Int32Array(),
    state: () => ({}),
  };
  const frame = new Float64Array([5, 0, 2.5]);
  addPoissonNoise(frame, random);
  assert.deepEqual(means, [5, 0, 2.5]);
  assert.deepEqual([...frame], [10, 20, 30]);
});
