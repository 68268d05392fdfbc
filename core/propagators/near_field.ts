/** Angular spectrum propagation, as one factor in Fourier space. */

import type { Geometry } from "../geometry.ts";
import { axisGrid } from "./grid.ts";

/**
 * The kernel K, complex (y, x) in FFT order, with `fw(w) = ifft2(fft2(w) * K)` and the conjugate for its adjoint:
 * K = exp(2 pi i (z / lam) (sqrt(1 - V^2 - W^2) - 1)), V and W being the sines of the plane waves' angles.
 *
 * @see Goodman, Introduction to Fourier Optics, 3rd ed. (2005), eq. 3-78
 * @see PtyPy 0.4: core.geometry.BasicNearfieldPropagator
 */
export function nearFieldKernel({ shape: [rows, cols], lam, distance, resolution }: Geometry): Float64Array {
  const v = axisGrid(rows, { origin: 0, pixel: lam / (rows * resolution[0]) });
  const w = axisGrid(cols, { origin: 0, pixel: lam / (cols * resolution[1]) });
  const kernel = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const a = v[y]! * v[y]! + w[x]! * w[x]!;
      // -a / (sqrt(1 - a) + 1) would keep more digits; this keeps PtyPy's, whose rounding is 1e-10 rad at usual distances.
      const phase = 2 * Math.PI * (distance / lam) * (Math.sqrt(1 - a) - 1);
      kernel[2 * (y * cols + x)] = Math.cos(phase);
      kernel[2 * (y * cols + x) + 1] = Math.sin(phase);
    }
  }
  return kernel;
}
