/** Blurs lose no photons and move none in the mean. */

import assert from "node:assert/strict";
import { isPtychoError } from "../errors.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { blur, pointSpreadKernel } from "./psf.ts";

const SHAPE = [7, 9] as const;

function point(y: number, x: number): Float64Array {
  const frame = new Float64Array(SHAPE[0] * SHAPE[1]);
  frame[y * SHAPE[1] + x] = 1;
  return frame;
}

function kernel(rows: number[][]): NdArray {
  return { dtype: "float64", shape: [rows.length, rows[0]!.length], data: Float64Array.from(rows.flat()) };
}

Deno.test("blur() by a kernel puts the kernel around a point, scaled to a sum of 1", () => {
  const psf = pointSpreadKernel(kernel([[0, 2, 0], [3, 4, 1], [0, 6, 0]]), "psf");
  const frame = point(3, 4);
  blur(frame, psf, SHAPE);
  const at = (y: number, x: number) => Math.round(frame[y * SHAPE[1] + x]! * 16);
  assert.deepEqual([at(2, 4), at(3, 3), at(3, 4), at(3, 5), at(4, 4), at(2, 3)], [2, 3, 4, 1, 6, 0]);
});

for (const [y, x] of [[0, 0], [6, 8], [3, 0], [2, 5]] as const) {
  Deno.test(`blur() of a point at (${y}, ${x}) keeps the photons, also beyond the edge`, () => {
    const even = pointSpreadKernel(kernel([[1, 2, 1], [2, 4, 2], [1, 2, 1]]), "psf");
    for (const psf of [even, { sigma: [1.3, 0.7] as const }]) {
      const frame = point(y, x);
      blur(frame, psf, SHAPE);
      assert.ok(Math.abs(frame.reduce((a, b) => a + b) - 1) < 1e-12);
      assert.ok(Math.max(...frame) < 1);
    }
  });
}

Deno.test("blur() by a Gaussian spreads by its variance along each axis", () => {
  const frame = point(3, 4);
  blur(frame, { sigma: [0, 0.8] }, SHAPE);
  const row = frame.slice(3 * 9, 4 * 9);
  const variance = row.reduce((sum, v, x) => sum + v * (x - 4) ** 2, 0);
  // Sampled at pixels and cut off at four standard deviations, which both change the variance by less than 1 %.
  assert.ok(Math.abs(variance / 0.64 - 1) < 0.01, String(variance));
});

Deno.test("pointSpreadKernel() refuses what is no kernel", () => {
  const bad: NdArray[] = [
    kernel([[1, -1]]),
    kernel([[0, 0]]),
    { dtype: "float64", shape: [2], data: Float64Array.of(1, 1) },
    { dtype: "complex128", shape: [1, 1], data: Float64Array.of(1, 1) },
  ];
  for (const array of bad) {
    assert.throws(() => pointSpreadKernel(array, "scans.*.data.psf"), (e) => {
      return isPtychoError(e, "ParameterError") && e.message.includes("scans.*.data.psf");
    });
  }
});
