/** A crystal on its natural axes (r3, r1, r2), seen on orthogonal ones (x, z, y). */

import type { RealArray } from "../../kernels/nd_array.ts";

/** The grid of a volume. */
export interface SkewGrid {
  /** (r3, r1, r2) */
  readonly shape: readonly [number, number, number];
  /** Metres. */
  readonly psize: readonly [number, number, number];
  /** Degrees. */
  readonly theta_bragg: number;
}

/** A volume on orthogonal axes. */
export interface OrthogonalVolume {
  /** Complex, (x, z, y). */
  readonly data: Float64Array;
  /** Metres, (x, z, y). */
  readonly psize: readonly [number, number, number];
}

/**
 * Moves each plane r3 along z by sin(theta) r3, to the nearest pixel; the middle plane stays within a pixel of where it is. The shape
 * stays: what leaves it is lost, what comes in is 0. Pixels of x are cos(theta) times those of r3; those of z and y stay.
 *
 * volume  complex, (r3, r1, r2)
 *
 * @see PtyPy 0.4: core.geometry_bragg.Geo_Bragg.coordinate_shift
 */
export function skewToOrthogonal(volume: RealArray, grid: SkewGrid): OrthogonalVolume {
  const { shape: [planes, rows, cols], psize, theta_bragg } = grid;
  const theta = theta_bragg * Math.PI / 180;
  // Pixels of z from one plane to the next.
  const step = Math.sin(theta) * psize[0] / psize[1];
  const data = new Float64Array(2 * planes * rows * cols);
  for (let plane = 0; plane < planes; plane++) {
    const shift = Math.round(plane * step) - Math.floor(Math.ceil(planes * step) / 2);
    for (let row = Math.max(0, -shift); row < Math.min(rows, rows - shift); row++) {
      const from = 2 * (plane * rows + row) * cols;
      data.set(volume.subarray(from, from + 2 * cols), from + 2 * shift * cols);
    }
  }
  return { data, psize: [Math.cos(theta) * psize[0], psize[1], psize[2]] };
}
