/**
 * A moon as a test probe: a bright limb that fades into earthshine, with maria and craters, and a phase of its own. Drawn from
 * formulas, at any size; smooth enough to be band-limited, and dark towards the edge of the frame.
 */

import { complexArray, type NdArray, type RealArray } from "../../kernels/nd_array.ts";
import { fractalNoise, smoothStep } from "./value_noise.ts";

/** Of the disc, as a fraction of the side of the frame. */
const RADIUS = 0.31;
/** Of the disc's edge, as a fraction of the side. */
const EDGE = 0.035;

/** Craters on the disc: across, down and radius in units of the disc's radius, depth as a phase in radians. */
const CRATERS = [
  { at: [-0.42, 0.3], radius: 0.26, depth: 0.9 },
  { at: [0.12, 0.55], radius: 0.2, depth: -0.7 },
  { at: [-0.1, -0.38], radius: 0.3, depth: 0.8 },
  { at: [0.5, -0.18], radius: 0.22, depth: -0.9 },
  { at: [-0.62, -0.3], radius: 0.16, depth: -0.6 },
  { at: [0.25, 0.12], radius: 0.15, depth: 0.6 },
] as const;

/**
 * The moon as a complex field, (y, x): amplitude in [0, 1], centred on pixel n // 2. The same numbers on every call.
 *
 * @throws {RangeError} if a side is not a whole number from 1
 */
export function moonPicture(shape: readonly [number, number]): NdArray<RealArray> {
  const [rows, cols] = shape;
  if (!shape.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new RangeError(`Cannot draw the moon: found shape ${rows} x ${cols}, expected whole numbers from 1`);
  }
  const data = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const across = (x - Math.floor(cols / 2)) / cols / RADIUS;
      const down = (y - Math.floor(rows / 2)) / rows / RADIUS;
      const { amplitude, phase } = moonAt([across, down]);
      data[2 * (y * cols + x)] = amplitude * Math.cos(phase);
      data[2 * (y * cols + x) + 1] = amplitude * Math.sin(phase);
    }
  }
  return complexArray(data, [rows, cols]);
}

/** The field at a point in units of the disc's radius. */
function moonAt(point: readonly [number, number]): { amplitude: number; phase: number } {
  const radius = Math.hypot(point[0], point[1]);
  const disc = 1 - smoothStep(radius, { low: 1 - EDGE / RADIUS, high: 1 + EDGE / RADIUS });
  const height = Math.sqrt(Math.max(0, 1 - Math.min(1, radius) ** 2));
  const sun = Math.max(0, -0.62 * point[0] - 0.4 * point[1] + 0.67 * height);
  const maria = fractalNoise([1.7 * point[0] + 4, 1.7 * point[1] + 9], { seed: 12, octaves: 3, gain: 0.5 });
  let light = 0.3 + 0.7 * sun - 0.35 * smoothStep(maria, { low: 0.5, high: 0.72 });
  let phase = 1.3 * (maria - 0.5) - 1.1 * radius * radius;
  for (const crater of CRATERS) {
    const distance = Math.hypot(point[0] - crater.at[0], point[1] - crater.at[1]) / crater.radius;
    const bowl = Math.exp(-2 * distance * distance);
    light += 0.22 * (Math.exp(-12 * (distance - 0.9) ** 2) - bowl);
    phase += crater.depth * bowl;
  }
  return { amplitude: disc * Math.min(1, Math.max(0.08, light)), phase };
}
