/**
 * A flower as a test object: petals with veins around a head of seeds, on a ground of leaf texture. Drawn from formulas, at
 * any size; the outlines grow with the picture, veins, edges and grain stay a few pixels wide, so that there is detail at
 * every scale down to the pixel.
 */

import { complexArray, type NdArray, type RealArray } from "../../kernels/nd_array.ts";
import { fractalNoise, hashNoise, smoothStep } from "./value_noise.ts";

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** One ring of petals; radii as a fraction of half the picture. */
interface Ring {
  readonly petals: number;
  readonly radius: number;
  /** Turn of the first petal in radians. */
  readonly turn: number;
  /** Phase of the ring in radians where a petal begins, and what its tip adds. */
  readonly phase: readonly [number, number];
  readonly transmission: number;
}

/** From the back to the front. */
const RINGS: readonly Ring[] = [
  { petals: 9, radius: 0.97, turn: 0.2, phase: [0.35, 0.45], transmission: 0.9 },
  { petals: 9, radius: 0.74, turn: 0.55, phase: [0.65, 0.5], transmission: 0.82 },
  { petals: 7, radius: 0.5, turn: 0.1, phase: [0.95, 0.55], transmission: 0.76 },
];
const HEAD = { radius: 0.23, seeds: 170 } as const;

/** Transmission and phase of a point of the picture. */
interface Paint {
  transmission: number;
  phase: number;
}

/**
 * The flower as complex transmission, (y, x): amplitude in [0.5, 1], phase in [0, 2] radians. The same numbers on every call.
 *
 * @throws {RangeError} if a side is not a whole number from 1
 */
export function flowerPicture(shape: readonly [number, number]): NdArray<RealArray> {
  const [rows, cols] = shape;
  if (!shape.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new RangeError(`Cannot draw the flower: found shape ${rows} x ${cols}, expected whole numbers from 1`);
  }
  const data = new Float64Array(2 * rows * cols);
  const half = Math.min(rows, cols) / 2;
  const seeds = seedPositions();
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const across = (x - (cols - 1) / 2) / half;
      const down = (y - (rows - 1) / 2) / half;
      const { transmission, phase } = paint([across, down], { pixel: 1 / half, at: [x, y], seeds });
      const amplitude = Math.min(1, Math.max(0.5, transmission));
      const angle = Math.min(2, Math.max(0, phase));
      data[2 * (y * cols + x)] = amplitude * Math.cos(angle);
      data[2 * (y * cols + x) + 1] = amplitude * Math.sin(angle);
    }
  }
  return complexArray(data, [rows, cols]);
}

interface Brush {
  /** Width of a pixel. */
  readonly pixel: number;
  /** The pixel itself, across and down. */
  readonly at: readonly [number, number];
  readonly seeds: readonly (readonly [number, number])[];
}

function paint(point: readonly [number, number], brush: Brush): Paint {
  const radius = Math.hypot(point[0], point[1]);
  const angle = Math.atan2(point[1], point[0]);
  const color = ground(point, brush);
  for (const [index, ring] of RINGS.entries()) paintRing(color, { ring, index, radius, angle, pixel: brush.pixel });
  paintHead(color, { point, radius, brush });
  const grain = hashNoise(brush.at, 77) - 0.5;
  color.transmission += 0.03 * grain;
  color.phase += 0.12 * grain;
  return color;
}

/** Leaves behind the flower: cloudy, with a net of veins. */
function ground(point: readonly [number, number], brush: Brush): Paint {
  const clouds = fractalNoise([3 * point[0], 3 * point[1]], { seed: 5, octaves: 6, gain: 0.62 });
  const net = Math.abs(fractalNoise([4 * point[0], 4 * point[1]], { seed: 31, octaves: 3, gain: 0.5 }) - 0.5);
  const vein = 1 - smoothStep(net, { low: 0, high: 0.012 + brush.pixel });
  return { transmission: 0.99 - 0.16 * clouds - 0.08 * vein, phase: 0.05 + 0.5 * clouds * clouds + 0.25 * vein };
}

interface PetalPoint {
  readonly ring: Ring;
  readonly index: number;
  readonly radius: number;
  readonly angle: number;
  readonly pixel: number;
}

/** Lays a ring of petals over what is there. Changes `color`. */
function paintRing(color: Paint, o: PetalPoint): void {
  const { ring } = o;
  const turns = ((o.angle - ring.turn) / (2 * Math.PI)) * ring.petals;
  const petal = Math.round(turns);
  const side = 2 * (turns - petal); // -1 to 1 across a petal.
  const number = ((petal % ring.petals) + ring.petals) % ring.petals;
  const length = ring.radius * (0.9 + 0.1 * hashNoise([number, o.index], 3));
  const outline = length * (0.45 + 0.55 * Math.sqrt(Math.max(0, 1 - Math.abs(side) ** 2.6)));
  const along = o.radius / length;
  const inside = smoothStep(outline - o.radius, { low: -o.pixel, high: o.pixel });
  if (inside === 0) return;
  const rim = 1 - smoothStep(outline - o.radius, { low: 0, high: 2.5 * o.pixel + 0.012 });
  const fold = 1 - smoothStep(Math.abs(side) * o.radius, { low: 0, high: 1.2 * o.pixel + 0.004 });
  const veins = 0.5 + 0.5 * Math.cos(2 * Math.PI * (7 * side * (1.15 - 0.3 * along) + 1.4 * side * side * along));
  const line = veins ** 6 * smoothStep(along, { low: 0.15, high: 0.4 });
  const shade = 0.5 + 0.5 * Math.cos(Math.PI * side);
  const transmission = ring.transmission - 0.12 * rim - 0.07 * line - 0.1 * fold + 0.12 * shade * along;
  const phase = ring.phase[0] + ring.phase[1] * along * (0.5 + 0.5 * shade) - 0.2 * line + 0.25 * rim + 0.2 * fold;
  color.transmission += inside * (transmission - color.transmission);
  color.phase += inside * (phase - color.phase);
}

/** Lays the head over the petals: a dome of seeds on a golden spiral. Changes `color`. */
function paintHead(color: Paint, o: { point: readonly [number, number]; radius: number; brush: Brush }): void {
  const { pixel, seeds } = o.brush;
  const inside = smoothStep(HEAD.radius - o.radius, { low: -pixel, high: pixel });
  if (inside === 0) return;
  const dome = Math.sqrt(Math.max(0, 1 - (o.radius / HEAD.radius) ** 2));
  let nearest = Infinity;
  for (const [x, y] of seeds) nearest = Math.min(nearest, (o.point[0] - x) ** 2 + (o.point[1] - y) ** 2);
  const size = 0.42 * HEAD.radius / Math.sqrt(HEAD.seeds) * 1.9;
  const seed = 1 - smoothStep(Math.sqrt(nearest), { low: size - pixel, high: size + pixel });
  const transmission = 0.72 - 0.2 * seed + 0.12 * dome;
  const phase = 1 + 0.35 * dome + 0.5 * seed;
  color.transmission += inside * (transmission - color.transmission);
  color.phase += inside * (phase - color.phase);
}

function seedPositions(): (readonly [number, number])[] {
  return Array.from({ length: HEAD.seeds }, (_, i) => {
    const radius = HEAD.radius * 0.96 * Math.sqrt((i + 0.5) / HEAD.seeds);
    return [radius * Math.cos(i * GOLDEN_ANGLE), radius * Math.sin(i * GOLDEN_ANGLE)] as const;
  });
}
