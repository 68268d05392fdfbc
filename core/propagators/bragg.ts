/** Propagation of a wave in a crystal to a rocking curve: one three-dimensional Fourier transform. */

import { createFft3 } from "../../kernels/fft/fft3.ts";

/** Propagates single waves in double precision. Not unitary: the power of `forward` is that of the wave times its elements. */
export interface BraggPropagator {
  /** (q3, q1, q2), the same as (r3, r1, r2). */
  readonly shape: readonly [number, number, number];
  /** From the crystal to the rocking curve. Takes a complex wave (r3, r1, r2) and returns a new one, reciprocal zero in the middle. */
  forward(wave: Float64Array): Float64Array;
  /** The inverse of `forward`. */
  backward(wave: Float64Array): Float64Array;
}

/**
 * `forward(a) = fftshift(fftn(a))`, `backward(A) = ifftn(ifftshift(A))` with numpy's normalisation. It owns a transform's scratch:
 * use it in one thread at a time.
 *
 * @see Hruszkewycz et al., Nature Materials 16 (2017) 244, 10.1038/nmat4798
 * @see PtyPy 0.4: core.geometry_bragg.BasicBragg3dPropagator
 */
export function createBraggPropagator(shape: readonly [number, number, number]): BraggPropagator {
  const fft = createFft3(...shape);
  const middle = shape.map((n) => Math.floor(n / 2));
  return {
    shape,
    forward(wave) {
      const w = wave.slice();
      fft.forward(w);
      return rolled(w, shape, middle);
    },
    backward(wave) {
      const w = rolled(wave, shape, middle.map((shift, axis) => shape[axis]! - shift));
      fft.inverse(w);
      return w;
    },
  };
}

/** A copy whose element i is the element i - shift of `wave`, round the ends. */
function rolled(wave: Float64Array, shape: readonly [number, number, number], shift: readonly number[]): Float64Array {
  const [planes, rows, cols] = shape;
  const result = new Float64Array(wave.length);
  const cut = 2 * ((cols - shift[2]! % cols) % cols);
  for (let z = 0; z < planes; z++) {
    for (let y = 0; y < rows; y++) {
      const row = wave.subarray(2 * (z * rows + y) * cols, 2 * (z * rows + y + 1) * cols);
      const to = 2 * (((z + shift[0]!) % planes) * rows + (y + shift[1]!) % rows) * cols;
      result.set(row.subarray(cut), to);
      result.set(row.subarray(0, cut), to + row.length - cut);
    }
  }
  return result;
}
