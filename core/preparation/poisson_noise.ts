/** Photon counting noise. */

import type { Random } from "../random.ts";

/** Replaces each value of `frame` by a Poisson draw with that mean, in row-major order. Changes `frame`. */
export function addPoissonNoise(frame: Float64Array, random: Random): void {
  for (let i = 0; i < frame.length; i++) frame[i] = random.poisson(frame[i]!);
}
