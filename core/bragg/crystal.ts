/** The sample of simulated Bragg experiments: two stripes of a thin crystalline film. */

import { toOrthogonal, type Triple } from "./geometry.ts";

/** A grid of voxels. */
export interface CrystalGrid {
  /** (r3, r1, r2) */
  readonly shape: Triple;
  /** Metres. */
  readonly psize: Triple;
  /** Position of voxel (0, 0, 0) in metres. */
  readonly origin: Triple;
  /** Degrees. */
  readonly theta_bragg: number;
}

/** Half of the film's thickness, the nearest and the farthest wall in y at its middle, where one stripe ends in x, in metres. */
const FILM = { half: 90e-9, near: 1e-6, far: 2e-6, end: 1e-6 } as const;

/** How the walls of the stripes lean: metres of y per metre of z. */
const LEAN = 0.3;

/**
 * Amplitude 1 inside, 0 outside, real (r3, r1, r2): a film of |z| < 90 nm with two stripes 1 to 2 micrometres off the middle in y, whose
 * walls lean so that they widen towards positive z. The stripe at positive y ends at x = 1 micrometre, so that no mirror image is the same.
 *
 * @see PtyPy 0.4: Bragg3dSimScan, whose sample has these voxels
 */
export function stripedFilm({ shape: [planes, rows, cols], psize, origin, theta_bragg }: CrystalGrid): Float64Array {
  const film = new Float64Array(planes * rows * cols);
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < rows; row++) {
      const r = [origin[0] + plane * psize[0], origin[1] + row * psize[1], 0] as const;
      const [x, z] = toOrthogonal(r, { theta_bragg });
      if (Math.abs(z) >= FILM.half) continue;
      for (let col = 0; col < cols; col++) {
        const y = origin[2] + col * psize[2];
        const isWithin = Math.abs(y) > FILM.near - LEAN * z && Math.abs(y) < FILM.far + LEAN * z;
        if (isWithin && (y < 0 || x < FILM.end)) film[(plane * rows + row) * cols + col] = 1;
      }
    }
  }
  return film;
}
