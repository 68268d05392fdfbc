/** Gaussian smoothing of real and complex images with mirrored edges. */

import type { RealArray } from "../nd_array.ts";

/** Where an image lies in its array and how wide the Gaussian is. */
export interface GaussianOptions {
  readonly rows: number;
  readonly cols: number;
  /** Standard deviation in pixels, one for both axes or (y, x). An axis with 0 stays as it is. */
  readonly sigma: number | readonly [number, number];
  /** First element (not number) of the image in the array; 0 if left out. */
  readonly offset?: number;
}

/** The Gaussian is cut off at this many standard deviations. */
const TRUNCATE = 4;

/**
 * Smooths a real image with a Gaussian. Changes `data`.
 *
 * data  (y, x) from element `offset`, real
 *
 * Edges continue by reflection about the border between pixels (d c b a | a b c d | d c b a); weights are sampled at
 * integer pixels up to four standard deviations and sum to one.
 *
 * @see scipy.ndimage.gaussian_filter with its default mode and truncation
 */
export function gaussianFilter(data: RealArray, options: GaussianOptions): void {
  filterPlanes(data, options, 1);
}

/**
 * Smooths real and imaginary part of a complex image with a Gaussian, as `gaussianFilter` does. Changes `data`.
 *
 * data  (y, x) from complex element `offset`, interleaved
 *
 * @see PtyPy 0.4: utils.c_gf
 */
export function gaussianFilterComplex(data: RealArray, options: GaussianOptions): void {
  filterPlanes(data, options, 2);
}

function filterPlanes(data: RealArray, options: GaussianOptions, parts: 1 | 2): void {
  const { rows, cols } = options;
  const start = (options.offset ?? 0) * parts;
  const [sigmaY, sigmaX] = typeof options.sigma === "number" ? [options.sigma, options.sigma] : options.sigma;
  if (!(sigmaY >= 0 && sigmaX >= 0 && sigmaY < Infinity && sigmaX < Infinity)) {
    throw new RangeError(`Cannot smooth: found sigma (${sigmaY}, ${sigmaX}), expected finite numbers >= 0`);
  }
  for (let part = 0; part < parts; part++) {
    filterAxis(data, { start: start + part, lines: cols, lineStep: parts, length: rows, step: cols * parts }, sigmaY);
    filterAxis(data, { start: start + part, lines: rows, lineStep: cols * parts, length: cols, step: parts }, sigmaX);
  }
}

interface Lines {
  readonly start: number;
  readonly lines: number;
  readonly lineStep: number;
  readonly length: number;
  readonly step: number;
}

function filterAxis(data: RealArray, { start, lines, lineStep, length, step }: Lines, sigma: number): void {
  const weights = halfKernel(sigma);
  const radius = weights.length - 1;
  if (radius === 0) return;
  const padded = new Float64Array(length + 2 * radius);
  for (let line = 0; line < lines; line++) {
    const first = start + line * lineStep;
    for (let i = 0; i < padded.length; i++) padded[i] = data[first + step * reflect(i - radius, length)]!;
    for (let i = 0; i < length; i++) {
      const at = i + radius;
      let sum = weights[0]! * padded[at]!;
      for (let j = 1; j <= radius; j++) sum += weights[j]! * (padded[at - j]! + padded[at + j]!);
      data[first + step * i] = sum;
    }
  }
}

function halfKernel(sigma: number): Float64Array {
  const weights = new Float64Array(Math.floor(TRUNCATE * sigma + 0.5) + 1);
  weights[0] = 1;
  let sum = 1;
  for (let j = 1; j < weights.length; j++) {
    weights[j] = Math.exp(-0.5 * (j * j) / (sigma * sigma));
    sum += 2 * weights[j]!;
  }
  return weights.map((w) => w / sum);
}

function reflect(index: number, length: number): number {
  const period = 2 * length;
  const i = ((index % period) + period) % period;
  return i < length ? i : period - 1 - i;
}
