/** Two-dimensional Fourier transforms of any size, in place, double precision, with numpy's normalisation. */

import { ShapeError } from "../errors.ts";
import { createFft1, type Fft1 } from "./fft1.ts";

/** A planned transform of (rows, cols) complex values, interleaved re, im. */
export interface Fft2 {
  readonly rows: number;
  readonly cols: number;
  /** `W[k, l] = sum w[y, x] exp(-2 pi i (k y / rows + l x / cols))`. Changes `wave` from element `offset` (of the numbers) on. */
  forward(wave: Float64Array, offset?: number): void;
  /** The inverse of `forward`: divides by rows * cols. Changes `wave` from element `offset` (of the numbers) on. */
  inverse(wave: Float64Array, offset?: number): void;
}

/** Lines that are transformed side by side: enough to fill inner loops, few enough to stay in the first cache. */
const BATCH = 8;

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
  const alongRows = createFft1(cols, Math.min(BATCH, rows));
  const alongCols = rows === cols ? alongRows : createFft1(rows, Math.min(BATCH, cols));
  function run(wave: Float64Array, offset: number, swap: number): void {
    if (offset + 2 * rows * cols > wave.length) {
      throw new ShapeError(
        `Cannot transform: found ${wave.length - offset} numbers, expected at least 2 * ${rows} * ${cols}`,
      );
    }
    const scale = swap === 0 ? 1 : 1 / (rows * cols);
    lines(wave, alongRows, { offset, swap, scale, count: rows, next: 2 * cols, step: 2 });
    lines(wave, alongCols, { offset, swap, scale: 1, count: cols, next: 2, step: 2 * cols });
  }
  return {
    rows,
    cols,
    forward: (wave, offset = 0) => run(wave, offset, 0),
    inverse: (wave, offset = 0) => run(wave, offset, 1),
  };
}

interface Lines {
  readonly offset: number;
  /** 1 exchanges real and imaginary part on the way in and out, which turns the forward transform into the inverse. */
  readonly swap: number;
  readonly scale: number;
  /** Number of lines. */
  readonly count: number;
  /** From one line to the next, in numbers. */
  readonly next: number;
  /** From one element of a line to the next, in numbers. */
  readonly step: number;
}

/** Transforms all lines of one direction. Changes `wave`. */
function lines(wave: Float64Array, plan: Fft1, { offset, swap, scale, count, next, step }: Lines): void {
  const { length, input } = plan;
  for (let first = 0; first < count; first += plan.maxBatch) {
    const batch = Math.min(plan.maxBatch, count - first);
    const start = offset + first * next;
    for (let j = 0; j < length; j++) {
      let from = start + j * step;
      const end = 2 * (j + 1) * batch;
      for (let to = 2 * j * batch; to < end; to += 2) {
        input[to] = wave[from + swap]!;
        input[to + 1] = wave[from + 1 - swap]!;
        from += next;
      }
    }
    const result = plan.transform(batch);
    for (let j = 0; j < length; j++) {
      let to = start + j * step;
      const end = 2 * (j + 1) * batch;
      for (let from = 2 * j * batch; from < end; from += 2) {
        wave[to + swap] = scale * result[from]!;
        wave[to + 1 - swap] = scale * result[from + 1]!;
        to += next;
      }
    }
  }
}
