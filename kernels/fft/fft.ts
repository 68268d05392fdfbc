/** Two-dimensional Fourier transforms of any size, in place, double precision, with numpy's normalisation. */

import { ShapeError } from "../errors.ts";
import { planLines } from "./fft1.ts";

/** A planned transform of (rows, cols) complex values, interleaved re, im. */
export interface Fft2 {
  readonly rows: number;
  readonly cols: number;
  /** `W[k, l] = sum w[y, x] exp(-2 pi i (k y / rows + l x / cols))`. Changes `wave` from element `offset` (of the numbers) on. */
  forward(wave: Float64Array, offset?: number): void;
  /** The inverse of `forward`: divides by rows * cols. Changes `wave` from element `offset` (of the numbers) on. */
  inverse(wave: Float64Array, offset?: number): void;
}

/** Columns that are transformed side by side: enough to fill inner loops, few enough to stay in the first cache. */
const BATCH = 16;

/**
 * Plans a transform. The plan owns its tables and scratch, so make one per call site and use it in one thread at a time.
 * @throws {ShapeError} if a side is not a positive integer
 */
export function createFft2(rows: number, cols: number): Fft2 {
  if (!(Number.isInteger(rows) && Number.isInteger(cols) && rows > 0 && cols > 0)) {
    throw new ShapeError(`Cannot plan a Fourier transform: found ${rows} * ${cols}, expected positive integers`, {
      rows,
      cols,
    });
  }
  const widths = cols % BATCH === 0 ? [BATCH] : [BATCH, cols % BATCH];
  const plans = [0, 1].map((swap) => ({
    // Exchanged real and imaginary parts on the way in and out turn the forward transform into the inverse.
    alongRows: planLines(cols, {
      step: 2,
      batch: 1,
      inSwap: swap,
      outSwap: 0,
      scale: swap === 0 ? 1 : 1 / (rows * cols),
    }),
    alongCols: widths.map((batch) => planLines(rows, { step: 2 * cols, batch, inSwap: 0, outSwap: swap, scale: 1 })),
  }));
  function run(wave: Float64Array, offset: number, swap: number): void {
    if (offset + 2 * rows * cols > wave.length) {
      throw new ShapeError(
        `Cannot transform: found ${wave.length - offset} numbers, expected at least 2 * ${rows} * ${cols}`,
      );
    }
    const { alongRows, alongCols } = plans[swap]!;
    for (let y = 0; y < rows; y++) alongRows(wave, offset + 2 * y * cols);
    for (let x = 0; x < cols; x += BATCH) alongCols[cols - x >= BATCH ? 0 : 1]!(wave, offset + 2 * x);
  }
  return {
    rows,
    cols,
    forward: (wave, offset = 0) => run(wave, offset, 0),
    inverse: (wave, offset = 0) => run(wave, offset, 1),
  };
}
