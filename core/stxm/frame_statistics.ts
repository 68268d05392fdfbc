/** What a scanning transmission microscope would record with the same frames: counts and centroids. */

import { type MeasuredFrames, visitFrames } from "../../kernels/measured.ts";

/** Sums over the valid pixels of frames. */
export interface FrameStatistics {
  /** Photons of each frame. */
  readonly photons: Float64Array;
  /** Centre of mass of each frame, (frame, 2), row then column, in pixels; NaN for a dark frame. */
  readonly centroids: Float64Array;
  /** Mean intensity of each pixel over the frames in which it is valid, (y, x); 0 where it never is. */
  readonly mean: Float64Array;
}

/** Reads all frames once. */
export function frameStatistics(
  measured: MeasuredFrames,
  [rows, cols]: readonly [number, number],
): FrameStatistics {
  const photons = new Float64Array(measured.frames);
  const centroids = new Float64Array(2 * measured.frames);
  const mean = new Float64Array(rows * cols);
  const valid = new Uint32Array(rows * cols);
  visitFrames(measured, ({ frame, diffraction, mask }) => {
    let [sum, sy, sx] = [0, 0, 0];
    for (let y = 0, i = 0; y < rows; y++) {
      for (let x = 0; x < cols; x++, i++) {
        if (mask[i] === 0) continue;
        const value = diffraction[i]!;
        sum += value;
        sy += value * y;
        sx += value * x;
        mean[i]! += value;
        valid[i]! += 1;
      }
    }
    photons[frame] = sum;
    centroids[2 * frame] = sy / sum;
    centroids[2 * frame + 1] = sx / sum;
  });
  for (let i = 0; i < mean.length; i++) if (valid[i]! > 0) mean[i]! /= valid[i]!;
  return { photons, centroids, mean };
}
