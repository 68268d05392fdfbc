/** One complex picture in double precision: what registration and comparison work on. */

import { DataError } from "../errors.ts";
import { isComplex, type NdArray, sizeOf } from "../../kernels/nd_array.ts";

/** A complex picture; `data` is interleaved re, im, shape (y, x). */
export interface ComplexPlane {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** A rectangle of pixels; `y1` and `x1` are exclusive. */
export interface PixelRectangle {
  readonly y0: number;
  readonly x0: number;
  readonly y1: number;
  readonly x1: number;
}

/**
 * Takes one layer out of an array (y, x) or (layer, y, x) as a complex plane; real elements get imaginary part 0.
 *
 * @throws {DataError} for other numbers of dimensions or a layer that is not there
 */
export function planeOf(array: NdArray, layer = 0): ComplexPlane {
  const [rows = 0, cols = 0] = array.shape.slice(-2);
  const layers = layersOf(array);
  if (layer < 0 || layer >= layers) {
    throw new DataError(`Cannot take layer ${layer}: found ${layers} layers, expected more than ${layer}`);
  }
  const count = rows * cols;
  const data = new Float64Array(2 * count);
  if (isComplex(array)) {
    data.set((array.data as Float64Array).subarray(2 * count * layer, 2 * count * (layer + 1)));
  } else {
    for (let i = 0; i < count; i++) data[2 * i] = Number(array.data[layer * count + i]);
  }
  return { rows, cols, data };
}

/** Number of layers of an array (y, x) or (layer, y, x). @throws {DataError} for other numbers of dimensions */
export function layersOf(array: NdArray): number {
  if (array.shape.length < 2 || array.shape.length > 3 || sizeOf(array.shape) === 0) {
    throw new DataError(
      `Cannot compare an array: found shape (${
        array.shape.join(", ")
      }), expected (y, x) or (layer, y, x) with pixels in it`,
      { found: array.shape },
    );
  }
  return array.shape.length === 3 ? array.shape[0]! : 1;
}

/** Multiplies by `exp(2 pi i (ky (y - cy) + kx (x - cx)))`, with `ramp` (ky, kx) in cycles per pixel. */
export function addRamp(
  plane: ComplexPlane,
  ramp: readonly [number, number],
  centre: readonly [number, number] = [0, 0],
): ComplexPlane {
  const { rows, cols } = plane;
  const data = new Float64Array(plane.data.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const angle = 2 * Math.PI * (ramp[0] * (y - centre[0]) + ramp[1] * (x - centre[1]));
      const c = Math.cos(angle), s = Math.sin(angle);
      const i = 2 * (y * cols + x);
      const re = plane.data[i]!, im = plane.data[i + 1]!;
      data[i] = re * c - im * s;
      data[i + 1] = re * s + im * c;
    }
  }
  return { rows, cols, data };
}
