/** What an encoder says of positions: where the sample was, with noise and drift. */

import { ParameterError } from "../errors.ts";
import type { Random } from "../random.ts";

/** The parameters `pos_noise`, `pos_scale` and `pos_drift`; a list that is shorter than the scan goes on with its last entry. */
export interface PositionErrors {
  /** Half width of the even distribution, metres. */
  readonly pos_noise: number;
  /** Factor on the noise, for all or for each position. */
  readonly pos_scale: number | readonly number[];
  /** Metres, for all or for each position, along both axes. */
  readonly pos_drift: number | readonly number[];
}

/**
 * Recorded positions: true position + pos_scale * (even draw from -pos_noise to pos_noise) + pos_drift, for both axes. Every
 * position takes its two draws, so that a factor of one of them leaves the others as they are.
 *
 * positions  (frame, 2), row then column, metres
 *
 * @throws {ParameterError} for more entries than there are positions, or a negative noise
 */
export function recordedPositions(
  positions: Float64Array,
  p: PositionErrors,
  { random, where }: { readonly random: Random; readonly where: string },
): Float64Array {
  const frames = positions.length / 2;
  if (!(p.pos_noise >= 0 && p.pos_noise < Infinity)) {
    throw new ParameterError([{ path: `${where}.pos_noise`, message: `found ${p.pos_noise}, expected metres from 0` }]);
  }
  for (const name of ["pos_scale", "pos_drift"] as const) {
    const given = p[name];
    if (typeof given === "number" || given.length <= frames) continue;
    const message = `found ${given.length} entries, expected at most ${frames}, one for each position`;
    throw new ParameterError([{ path: `${where}.${name}`, message }]);
  }
  return positions.map((metres, i) => {
    const frame = Math.floor(i / 2);
    const noise = random.uniform(-p.pos_noise, p.pos_noise);
    return metres + entry(p.pos_scale, frame) * noise + entry(p.pos_drift, frame);
  });
}

function entry(values: number | readonly number[], index: number): number {
  return typeof values === "number" ? values : values[Math.min(index, values.length - 1)]!;
}
