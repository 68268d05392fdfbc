/** Joins blocks of detector pixels into larger ones. */

import type { FrameShape } from "./center.ts";

/** Shape of the frame before, which `bin` divides, and pixels per block and axis. */
export interface Rebinning {
  /** Rows and columns of the frame before. */
  readonly shape: FrameShape;
  /** Pixels per block along each axis. */
  readonly bin: number;
}

/**
 * Fills `out` (y / bin, x / bin) with the mean of each block of `frame`. The mean and not the sum, as in PtyPy: photon counts
 * shrink by bin * bin.
 */
export function rebinMean(out: Float64Array, frame: Float64Array, o: Rebinning): void {
  const [rows, cols] = o.shape;
  const scale = 1 / (o.bin * o.bin);
  out.fill(0);
  for (let y = 0; y < rows; y++) {
    const row = Math.floor(y / o.bin) * (cols / o.bin);
    for (let x = 0; x < cols; x++) out[row + Math.floor(x / o.bin)]! += frame[y * cols + x]!;
  }
  for (let i = 0; i < out.length; i++) out[i]! *= scale;
}

/** Fills `out` (y / bin, x / bin) with 1 where every pixel of the block has a positive weight, else 0. */
export function rebinValid(out: Float64Array, weights: Float64Array, o: Rebinning): void {
  const [rows, cols] = o.shape;
  out.fill(1);
  for (let y = 0; y < rows; y++) {
    const row = Math.floor(y / o.bin) * (cols / o.bin);
    for (let x = 0; x < cols; x++) if (!(weights[y * cols + x]! > 0)) out[row + Math.floor(x / o.bin)] = 0;
  }
}
