/** Richardson-Lucy deconvolution of frames by a known modulation transfer function. */

import { createFft2 } from "../../kernels/fft/fft.ts";

/** One Gaussian of a point spread function, in pixels. */
export interface Gaussian {
  readonly std_x: number;
  readonly std_y: number;
  readonly off_x: number;
  readonly off_y: number;
}

/** Size of a frame. */
interface Size {
  readonly rows: number;
  readonly cols: number;
}

/**
 * Modulation transfer function |F(psf)| (y, x) of a sum of Gaussians of equal weight, with frequency 0 in the first element, where it
 * is 1. The Gaussians are sampled at pixels on a torus; one without width is a single pixel.
 */
export function transferFunction(gaussians: readonly Gaussian[], { rows, cols }: Size): Float64Array {
  const wave = new Float64Array(2 * rows * cols);
  for (const { std_x, std_y, off_x, off_y } of gaussians) {
    const alongY = sampled(rows, { std: std_y, off: off_y });
    const alongX = sampled(cols, { std: std_x, off: off_x });
    for (let i = 0; i < rows * cols; i++) {
      wave[2 * i]! += alongY[Math.floor(i / cols)]! * alongX[i % cols]! / gaussians.length;
    }
  }
  createFft2(rows, cols).forward(wave);
  return Float64Array.from({ length: rows * cols }, (_, i) => Math.hypot(wave[2 * i]!, wave[2 * i + 1]!));
}

/**
 * A function that sharpens frames: from the frame d itself as first guess u, `numiter` times u <- u * B(d / B(u)), where B blurs by
 * the transfer function `mtf` (y, x), which is real and symmetric, so that B is its own adjoint. Changes the frame, which must not
 * be negative. Total counts are kept where mtf is 1 at frequency 0.
 *
 * @see Richardson, J. Opt. Soc. Am. 62 (1972) 55, 10.1364/JOSA.62.000055
 * @see Lucy, Astron. J. 79 (1974) 745, 10.1086/111605, eq. 15
 */
export function createDeconvolution(
  mtf: Float64Array,
  { rows, cols, numiter }: Size & { readonly numiter: number },
): (frame: Float64Array) => void {
  const fft = createFft2(rows, cols);
  const wave = new Float64Array(2 * rows * cols);
  const blurred = new Float64Array(rows * cols);
  function blur(source: (pixel: number) => number): void {
    for (let i = 0; i < blurred.length; i++) {
      wave[2 * i] = source(i);
      wave[2 * i + 1] = 0;
    }
    fft.forward(wave);
    for (let i = 0; i < wave.length; i++) wave[i]! *= mtf[i >> 1]!;
    fft.inverse(wave);
    for (let i = 0; i < blurred.length; i++) blurred[i] = wave[2 * i]!;
  }
  return (frame) => {
    const measured = frame.slice();
    for (let n = 0; n < numiter; n++) {
      blur((i) => frame[i]!);
      // Where nothing is expected, nothing is measured, but for rounding.
      blur((i) => blurred[i]! > 0 ? measured[i]! / blurred[i]! : 0);
      for (let i = 0; i < frame.length; i++) frame[i] = Math.max(0, frame[i]! * blurred[i]!);
    }
  };
}

/** A normal distribution at the pixels of a ring, with sum 1. */
function sampled(length: number, { std, off }: { std: number; off: number }): Float64Array {
  const values = new Float64Array(length);
  if (std === 0) {
    values[((Math.round(off) % length) + length) % length] = 1;
    return values;
  }
  // As many turns of the ring as matter: beyond 9 deviations less than 1e-17 is left.
  const turns = Math.ceil((Math.abs(off) + 9 * std) / length);
  for (let i = 0; i < length; i++) {
    for (let turn = -turns; turn <= turns; turn++) {
      values[i]! += Math.exp(-(((i + turn * length - off) / std) ** 2) / 2);
    }
  }
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / sum);
}
