/** The point spread function of a detector: frames are blurred by a Gaussian or by a kernel. */

import { gaussianFilter } from "../../kernels/array/gaussian_filter.ts";
import { isComplex, type NdArray } from "../../kernels/nd_array.ts";
import { ParameterError } from "../errors.ts";

/** Standard deviation (y, x) in pixels, or a kernel (y, x) whose middle n // 2 stays where it is. */
export type PointSpread =
  | { readonly sigma: readonly [number, number] }
  | { readonly kernel: { readonly rows: number; readonly cols: number; readonly values: Float64Array } };

/**
 * A kernel from an array (y, x), scaled to a sum of 1: a blur loses no photons.
 *
 * @throws {ParameterError} naming `where` for an array that is no kernel
 */
export function pointSpreadKernel(array: NdArray, where: string): PointSpread {
  const [rows, cols] = array.shape;
  const refuse = (found: string, expected: string): never => {
    throw new ParameterError([{ path: where, message: `found ${found}, expected ${expected}` }]);
  };
  if (array.shape.length !== 2 || rows === undefined || cols === undefined || isComplex(array)) {
    return refuse(`an array of ${array.dtype} of shape (${array.shape.join(", ")})`, "a real kernel (y, x)");
  }
  const values = Float64Array.from(array.data as ArrayLike<number | bigint>, Number);
  if (!values.every((v) => v >= 0 && v < Infinity)) return refuse("negative or infinite values", "a kernel from 0");
  const sum = values.reduce((a, b) => a + b, 0);
  if (!(sum > 0)) return refuse("a kernel of zeros", "a kernel with a sum above 0");
  return { kernel: { rows, cols, values: values.map((v) => v / sum) } };
}

/** Blurs an image (y, x). Its edges are mirrored, so that light neither enters nor leaves. Changes `frame`. */
export function blur(frame: Float64Array, psf: PointSpread, [rows, cols]: readonly [number, number]): void {
  if ("sigma" in psf) return gaussianFilter(frame, { rows, cols, sigma: psf.sigma });
  const { kernel } = psf;
  const from = frame.slice();
  const [middleY, middleX] = [Math.floor(kernel.rows / 2), Math.floor(kernel.cols / 2)];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      let sum = 0;
      for (let i = 0; i < kernel.rows; i++) {
        const line = mirrored(y - i + middleY, rows) * cols;
        for (let j = 0; j < kernel.cols; j++) {
          sum += kernel.values[i * kernel.cols + j]! * from[line + mirrored(x - j + middleX, cols)]!;
        }
      }
      frame[y * cols + x] = sum;
    }
  }
}

/** The pixel that stands in for one beyond the edge: d c b a | a b c d | d c b a, however far. */
function mirrored(at: number, length: number): number {
  const period = 2 * length;
  const within = ((at % period) + period) % period;
  return within < length ? within : period - 1 - within;
}
