/** A smoothing prior on the object: the squared differences of neighbouring pixels. */

import { defineKernel } from "../kernel.ts";

const LAYER = { start: "int", rows: "int", cols: "int", amplitude: "real" } as const;

/**
 * Adds half the gradient of `A * sum of |differences to the next and the previous neighbour|^2` of one layer: at every pixel 2 A times
 * the sum of its differences to the four neighbours that exist. Half, because gaussian_residual leaves out the same factor.
 * Changes `gradient`.
 *
 * gradient, object  all object layers  complex
 *
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, eq. 19
 */
export const del2Gradient = defineKernel({
  name: "del2_gradient",
  bindings: { gradient: "whole:wide_complex:add", object: "whole:complex:read" },
  params: LAYER,
  cpu({ gradient, object }, { start, rows, cols, amplitude }) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < cols; x++) {
        const center = 2 * (start + y * cols + x);
        for (let i = center; i < center + 2; i++) {
          let sum = 0;
          if (y > 0) sum += object[i]! - object[i - 2 * cols]!;
          if (y < rows - 1) sum += object[i]! - object[i + 2 * cols]!;
          if (x > 0) sum += object[i]! - object[i - 2]!;
          if (x < cols - 1) sum += object[i]! - object[i + 2]!;
          gradient[i] = gradient[i]! + 2 * amplitude * sum;
        }
      }
    }
  },
});

/**
 * Adds to `sums` = (B1, B2) the first two coefficients of the same prior along a direction. Changes `sums`.
 *
 * sums               (2)
 * object, direction  all object layers  complex
 */
export const del2Line = defineKernel({
  name: "del2_line",
  bindings: { sums: "whole:wide:update", object: "whole:complex:read", direction: "whole:complex:read" },
  params: LAYER,
  cpu({ sums, object, direction }, { start, rows, cols, amplitude }) {
    let first = 0;
    let square = 0;
    const add = (i: number, next: number) => {
      const d = direction[next]! - direction[i]!;
      first += (object[next]! - object[i]!) * d;
      square += d * d;
    };
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < cols; x++) {
        const center = 2 * (start + y * cols + x);
        for (let i = center; i < center + 2; i++) {
          if (y < rows - 1) add(i, i + 2 * cols);
          if (x < cols - 1) add(i, i + 2);
        }
      }
    }
    // Every difference counts twice: to the next neighbour and, seen from there, to the previous one.
    sums[0] = sums[0]! + 4 * amplitude * first;
    sums[1] = sums[1]! + 2 * amplitude * square;
  },
});
