/** Cubic spline interpolation of complex and real images on a shifted or scaled grid. */

import type { RealArray } from "../nd_array.ts";

/** Where an image lies in its array. */
export interface ImageOptions {
  readonly rows: number;
  readonly cols: number;
  /** First element (not number) of the image in the array; 0 if left out. */
  readonly offset?: number;
}

/** An interpolated image: `data` has rows * cols elements, twice that many numbers if complex. */
export interface Resampled {
  readonly data: Float64Array;
  readonly rows: number;
  readonly cols: number;
}

/** Where output pixels are taken from: the input coordinate of each row and of each column. */
interface Grid {
  readonly y: Float64Array;
  readonly x: Float64Array;
}

/** Pole of the cubic B-spline's prefilter. */
const POLE = Math.sqrt(3) - 2;

/**
 * Moves the content of a complex image by `-shift` pixels with cubic splines: out(i) = in(i + shift). Changes `data`.
 *
 * data   (y, x) from complex element `offset`, interleaved
 * shift  (y, x) in pixels, any real number
 *
 * What comes from outside the image is 0.
 *
 * @see Unser, IEEE Signal Processing Magazine 16 (1999) 22, 10.1109/79.799930
 * @see scipy.ndimage.affine_transform with the identity, offset `shift`, order 3 and mode constant
 */
export function shiftComplex(
  data: RealArray,
  options: ImageOptions & { readonly shift: readonly [number, number] },
): void {
  const { rows, cols, shift } = options;
  const grid = { y: coordinates(rows, 1, shift[0]), x: coordinates(cols, 1, shift[1]) };
  const moved = resample(data, options, { parts: 2, grid });
  data.set(moved, 2 * (options.offset ?? 0));
}

/**
 * Resizes a complex image with cubic splines so that first and last pixels stay in place.
 *
 * data  (y, x) from complex element `offset`, interleaved
 * zoom  (y, x) or one for both; the result has round(rows * zoom) by round(cols * zoom) pixels, halves to even
 *
 * @see scipy.ndimage.zoom with its default order 3 and mode constant (differs: for some sizes, such as 29 to 44, scipy's rounding puts
 *   the last pixel outside and makes it 0)
 */
export function zoomComplex(
  data: RealArray,
  options: ImageOptions & { readonly zoom: number | readonly [number, number] },
): Resampled {
  return zoomImage(data, options, 2);
}

/** Resizes a real image with cubic splines, as `zoomComplex` does. */
export function zoomReal(
  data: RealArray,
  options: ImageOptions & { readonly zoom: number | readonly [number, number] },
): Resampled {
  return zoomImage(data, options, 1);
}

/**
 * Takes a complex image at the points of a grid with cubic splines, real and imaginary part each for itself.
 *
 * y, x  pixel coordinates of the rows and columns of the result, in any order; what lies outside the image is 0
 *
 * @see scipy.ndimage.map_coordinates with its default order 3 and mode constant
 */
export function sampleComplex(
  data: RealArray,
  { y, x, ...image }: ImageOptions & { readonly y: Float64Array; readonly x: Float64Array },
): Resampled {
  return { data: resample(data, image, { parts: 2, grid: { y, x } }), rows: y.length, cols: x.length };
}

function zoomImage(
  data: RealArray,
  options: ImageOptions & { readonly zoom: number | readonly [number, number] },
  parts: 1 | 2,
): Resampled {
  const [zy, zx] = typeof options.zoom === "number" ? [options.zoom, options.zoom] : options.zoom;
  const rows = roundHalfEven(options.rows * zy);
  const cols = roundHalfEven(options.cols * zx);
  if (!(rows >= 1 && cols >= 1 && rows < Infinity && cols < Infinity)) {
    throw new RangeError(`Cannot zoom ${options.rows} x ${options.cols} pixels by (${zy}, ${zx}): nothing is left`);
  }
  const grid = {
    y: coordinates(rows, stepOf(options.rows, rows), 0),
    x: coordinates(cols, stepOf(options.cols, cols), 0),
  };
  return { data: resample(data, options, { parts, grid }), rows, cols };
}

/** The input coordinate `(i + shift) * scale` of each of `count` pixels. */
function coordinates(count: number, scale: number, shift: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => (i + shift) * scale);
}

/** Input pixels per output pixel, rounded so that the last output pixel does not fall behind the last input pixel. */
function stepOf(from: number, to: number): number {
  if (to < 2) return 1;
  const step = (from - 1) / (to - 1);
  return (to - 1) * step > from - 1 ? step * (1 - Number.EPSILON) : step;
}

function resample(
  data: RealArray,
  { rows, cols, offset = 0 }: ImageOptions,
  { parts, grid }: { readonly parts: 1 | 2; readonly grid: Grid },
): Float64Array {
  const [toRows, toCols] = [grid.y.length, grid.x.length];
  const result = new Float64Array(toRows * toCols * parts);
  const plane = new Float64Array(rows * cols);
  const between = new Float64Array(rows * toCols);
  const ty = taps(rows, grid.y);
  const tx = taps(cols, grid.x);
  for (let part = 0; part < parts; part++) {
    for (let i = 0; i < plane.length; i++) plane[i] = data[(offset + i) * parts + part]!;
    for (let y = 0; y < rows; y++) prefilter(plane, { start: y * cols, length: cols, step: 1 });
    for (let x = 0; x < cols; x++) prefilter(plane, { start: x, length: rows, step: cols });
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < toCols; x++) {
        let sum = 0;
        for (let j = 0; j < 4; j++) sum += tx.weight[4 * x + j]! * plane[y * cols + tx.index[4 * x + j]!]!;
        between[y * toCols + x] = sum;
      }
    }
    for (let y = 0; y < toRows; y++) {
      for (let x = 0; x < toCols; x++) {
        let sum = 0;
        for (let j = 0; j < 4; j++) sum += ty.weight[4 * y + j]! * between[ty.index[4 * y + j]! * toCols + x]!;
        result[(y * toCols + x) * parts + part] = sum;
      }
    }
  }
  return result;
}

/** The four spline coefficients and weights behind each output pixel of one axis; weights are 0 outside the input. */
function taps(
  from: number,
  coordinates: Float64Array,
): { readonly index: Int32Array; readonly weight: Float64Array } {
  const index = new Int32Array(4 * coordinates.length);
  const weight = new Float64Array(4 * coordinates.length);
  for (const [i, at] of coordinates.entries()) {
    if (!(at >= 0 && at <= from - 1)) continue;
    const base = Math.floor(at);
    const t = at - base;
    const u = 1 - t;
    const w = [u * u * u / 6, (4 - 6 * t * t + 3 * t * t * t) / 6, (4 - 6 * u * u + 3 * u * u * u) / 6, t * t * t / 6];
    for (let j = 0; j < 4; j++) {
      index[4 * i + j] = mirror(base - 1 + j, from);
      weight[4 * i + j] = w[j]!;
    }
  }
  return { index, weight };
}

/** Turns samples into cubic B-spline coefficients, continued by mirroring about the first and last sample. */
function prefilter(
  c: Float64Array,
  { start, length, step }: { readonly start: number; readonly length: number; readonly step: number },
): void {
  if (length < 2) return;
  const gain = (1 - POLE) * (1 - 1 / POLE);
  const last = start + (length - 1) * step;
  for (let i = 0; i < length; i++) c[start + i * step]! *= gain;
  const powerAll = POLE ** (length - 1);
  let power = POLE;
  let first = c[start]! + powerAll * c[last]!;
  for (let i = 1; i < length - 1; i++) {
    first += power * (c[start + i * step]! + powerAll * c[last - i * step]!);
    power *= POLE;
  }
  c[start] = first / (1 - powerAll * powerAll);
  for (let i = 1; i < length; i++) c[start + i * step]! += POLE * c[start + (i - 1) * step]!;
  c[last] = (POLE * c[last - step]! + c[last]!) * POLE / (POLE * POLE - 1);
  for (let i = length - 2; i >= 0; i--) {
    c[start + i * step] = POLE * (c[start + (i + 1) * step]! - c[start + i * step]!);
  }
}

function mirror(index: number, length: number): number {
  if (length < 2) return 0;
  const period = 2 * length - 2;
  const i = ((index % period) + period) % period;
  return i < length ? i : period - i;
}

function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  return x - low === 0.5 ? low + (low % 2) : Math.round(x);
}
