/** Beginning and end of an update by sums over frames: the weighted mean of the old array and what the frames say. */

import { defineKernel } from "../kernel.ts";

/**
 * Begins a weighted mean with the old array: `sum = oldWeight * array`, `norm = normStart` in `count` elements from `start`.
 * Changes `sum` and `norm`.
 *
 * array  complex probe or object
 * sum    complex
 * norm   real
 */
export const startMean = defineKernel({
  name: "start_mean",
  bindings: { sum: "whole:wide_complex:update", norm: "whole:wide:update", array: "whole:complex:read" },
  params: { start: "int", count: "int", oldWeight: "real", normStart: "real" },
  cpu({ sum, norm, array }, { start, count, oldWeight, normStart }) {
    for (let i = 2 * start; i < 2 * (start + count); i++) sum[i] = oldWeight * array[i]!;
    norm.fill(normStart, start, start + count);
  },
});

/**
 * Ends a weighted mean: `array = sum / norm`. Where nothing was summed (norm 0) the array stays as it is. Changes `array`.
 *
 * array  complex probe or object
 * sum    complex
 * norm   real
 */
export const finishMean = defineKernel({
  name: "finish_mean",
  bindings: { array: "whole:complex:update", sum: "whole:wide_complex:read", norm: "whole:wide:read" },
  params: {},
  cpu({ array, sum, norm }) {
    for (let i = 0; i < norm.length; i++) {
      const n = norm[i]!;
      if (n === 0) continue;
      array[2 * i] = sum[2 * i]! / n;
      array[2 * i + 1] = sum[2 * i + 1]! / n;
    }
  },
});
