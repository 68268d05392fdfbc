/** Three-dimensional Fourier transforms of any size, in place, double precision, with numpy's normalisation. */

import { ShapeError } from "../errors.ts";
import { planLines } from "./fft1.ts";
import { createFft2 } from "./fft.ts";

/** A planned transform of (planes, rows, cols) complex values, interleaved re, im. */
export interface Fft3 {
  /** (planes, rows, cols) */
  readonly shape: readonly [number, number, number];
  /** `W[j, k, l] = sum w[z, y, x] exp(-2 pi i (j z / planes + k y / rows + l x / cols))`. Changes `wave`. */
  forward(wave: Float64Array): void;
  /** The inverse of `forward`: divides by planes * rows * cols. Changes `wave`. */
  inverse(wave: Float64Array): void;
}

/** Lines along the planes that are transformed side by side. */
const BATCH = 16;

/**
 * Plans a transform. The plan owns its tables and scratch, so make one per call site and use it in one thread at a time.
 * @throws {ShapeError} if a side is not a positive integer
 */
export function createFft3(planes: number, rows: number, cols: number): Fft3 {
  if (!(Number.isInteger(planes) && planes > 0)) {
    throw new ShapeError(`Cannot plan a Fourier transform: found ${planes} planes, expected a positive integer`, {
      planes,
    });
  }
  const plane = createFft2(rows, cols);
  const points = rows * cols;
  const rest = points % BATCH;
  // Exchanged real and imaginary parts on the way in and out turn the forward transform into the inverse.
  const plans = [0, 1].map((swap) =>
    [BATCH, rest || BATCH].map((batch) =>
      planLines(planes, { step: 2 * points, batch, inSwap: swap, outSwap: swap, scale: swap === 0 ? 1 : 1 / planes })
    )
  );
  function run(wave: Float64Array, swap: 0 | 1): void {
    if (wave.length !== 2 * planes * points) {
      throw new ShapeError(
        `Cannot transform: found ${wave.length} numbers, expected 2 * ${planes} * ${rows} * ${cols}`,
      );
    }
    for (let z = 0; z < planes; z++) {
      if (swap === 0) plane.forward(wave, 2 * z * points);
      else plane.inverse(wave, 2 * z * points);
    }
    for (let i = 0; i < points; i += BATCH) plans[swap]![points - i >= BATCH ? 0 : 1]!(wave, 2 * i);
  }
  return { shape: [planes, rows, cols], forward: (wave) => run(wave, 0), inverse: (wave) => run(wave, 1) };
}
