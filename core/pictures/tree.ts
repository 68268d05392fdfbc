/**
 * A bare tree as a test object: a trunk that forks over and over into thinner branches with buds at their ends, before a cloudy sky.
 * Drawn from formulas, at any size; all lengths grow with the picture, the finest twigs are a pixel wide or more.
 */

import { complexArray, type NdArray, type RealArray } from "../../kernels/nd_array.ts";
import { fractalNoise, hashNoise } from "./value_noise.ts";

/** Times that a branch forks. */
const FORKS = 8;

/** A piece of wood between two points, in units of the smaller side, from the middle of the picture. */
interface Branch {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly width: number;
  readonly forks: number;
}

interface Canvas {
  readonly rows: number;
  readonly cols: number;
  readonly transmission: Float64Array;
  readonly phase: Float64Array;
}

/**
 * The tree as complex transmission, (y, x): amplitude in [0.5, 1], phase in [0, 2] radians. The same numbers on every call.
 *
 * @throws {RangeError} if a side is not a whole number from 1
 */
export function treePicture(shape: readonly [number, number]): NdArray<RealArray> {
  const [rows, cols] = shape;
  if (!shape.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new RangeError(`Cannot draw the tree: found shape ${rows} x ${cols}, expected whole numbers from 1`);
  }
  const canvas = sky(rows, cols);
  for (const branch of branches()) paint(canvas, branch);
  const data = new Float64Array(2 * rows * cols);
  for (let i = 0; i < rows * cols; i++) {
    data[2 * i] = canvas.transmission[i]! * Math.cos(canvas.phase[i]!);
    data[2 * i + 1] = canvas.transmission[i]! * Math.sin(canvas.phase[i]!);
  }
  return complexArray(data, [rows, cols]);
}

function sky(rows: number, cols: number): Canvas {
  const side = Math.min(rows, cols);
  const transmission = new Float64Array(rows * cols);
  const phase = new Float64Array(rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const clouds = fractalNoise([4 * x / side, 6 * y / side], { seed: 21, octaves: 6, gain: 0.55 });
      transmission[y * cols + x] = 1 - 0.15 * clouds;
      phase[y * cols + x] = 0.7 * clouds * clouds;
    }
  }
  return { rows, cols, transmission, phase };
}

/** The whole tree, trunk first. */
function branches(): Branch[] {
  const all: Branch[] = [];
  const grow = (from: readonly [number, number], angle: number, length: number, forks: number, key: number) => {
    const to = [from[0] + length * Math.cos(angle), from[1] - length * Math.sin(angle)] as const;
    all.push({ from, to, width: 0.05 * 0.68 ** (FORKS - forks), forks });
    if (forks === 0) return;
    for (const side of [-1, 1]) {
      const seed = 2 * key + (side + 1) / 2;
      const turn = side * (0.3 + 0.35 * hashNoise([seed, 1], 5));
      grow(to, angle + turn, length * (0.68 + 0.14 * hashNoise([seed, 2], 5)), forks - 1, seed);
    }
  };
  grow([0.02, 0.5], Math.PI / 2 + 0.06, 0.27, FORKS, 1);
  return all;
}

/** Lays a branch, and a bud at the end of the thinnest, over what is there. Changes `canvas`. */
function paint(canvas: Canvas, { from, to, width, forks }: Branch): void {
  const side = Math.min(canvas.rows, canvas.cols);
  const place = ([x, y]: readonly [number, number]) =>
    [canvas.cols / 2 + x * side, canvas.rows / 2 + y * side] as const;
  const [a, b] = [place(from), place(to)];
  const radius = Math.max(0.5, width * side / 2);
  stamp(canvas, { a, b, radius, transmission: 0.55 + 0.03 * (FORKS - forks), phase: 0.9 + 0.9 * forks / FORKS });
  if (forks === 0) stamp(canvas, { a: b, b, radius: Math.max(1, 0.008 * side), transmission: 0.85, phase: 1.5 });
}

interface Stroke {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  readonly radius: number;
  readonly transmission: number;
  readonly phase: number;
}

/** A rounded stroke with an edge of a pixel and a rounder phase in its middle. Changes `canvas`. */
function stamp({ rows, cols, transmission, phase }: Canvas, { a, b, radius, ...colour }: Stroke): void {
  const length2 = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2;
  const span = (axis: 0 | 1, count: number) =>
    [
      Math.max(0, Math.floor(Math.min(a[axis], b[axis]) - radius - 1)),
      Math.min(count, Math.ceil(Math.max(a[axis], b[axis]) + radius + 1)),
    ] as const;
  const [left, right] = span(0, cols);
  const [top, bottom] = span(1, rows);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const along = length2 === 0 ? 0 : ((x - a[0]) * (b[0] - a[0]) + (y - a[1]) * (b[1] - a[1])) / length2;
      const t = Math.min(1, Math.max(0, along));
      const distance = Math.hypot(x - a[0] - t * (b[0] - a[0]), y - a[1] - t * (b[1] - a[1]));
      const inside = Math.min(1, Math.max(0, radius - distance + 0.5));
      if (inside === 0) continue;
      const bulge = Math.sqrt(Math.max(0, 1 - (distance / (radius + 0.5)) ** 2));
      const at = y * cols + x;
      transmission[at]! += inside * (colour.transmission - transmission[at]!);
      phase[at]! += inside * (colour.phase * (0.7 + 0.3 * bulge) - phase[at]!);
    }
  }
}
