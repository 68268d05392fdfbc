/** Sub-pixel shift between two pictures by upsampled cross-correlation. */

import { createFft2 } from "../../kernels/fft/fft.ts";
import type { ComplexPlane } from "./complex_plane.ts";
import { spectralPeak } from "./spectral_peak.ts";

/** Room for shifts around the pictures: they may move by a quarter of their size before they wrap onto themselves. */
const SPARE = 1.25;

/** A shift and how well the pictures agree there. */
export interface Registration {
  /** (y, x) in pixels such that `a(r)` is like `b(r - shift)`. */
  readonly shift: readonly [number, number];
  /** Magnitude of the cross-correlation at the peak over the norms of both pictures, 0 to 1. */
  readonly correlation: number;
}

/**
 * Finds the shift that maximises the magnitude of the complex cross-correlation of two pictures, which may differ in shape;
 * what lies outside a picture counts as zero. Subtract the mean first, or the outlines register instead of the contents.
 *
 * @param options.upsample fractions of a pixel, 20 = to 1/20 pixel
 * @see Guizar-Sicairos, Thurman, Fienup, Opt. Lett. 33 (2008) 156, 10.1364/OL.33.000156
 */
export function register(a: ComplexPlane, b: ComplexPlane, options: { upsample?: number } = {}): Registration {
  const rows = fastLength(Math.ceil(SPARE * Math.max(a.rows, b.rows)));
  const cols = fastLength(Math.ceil(SPARE * Math.max(a.cols, b.cols)));
  const product = crossPower(a, b, { rows, cols });
  const peak = spectralPeak(product, { upsample: options.upsample ?? 1, wrapped: true });
  const norm = Math.sqrt(power(a.data) * power(b.data)) * rows * cols;
  return {
    // The peak of the forward transform lies at minus the shift of the inverse one.
    shift: [
      unwrapped(-peak.frequency[0] * rows, { period: rows, a: a.rows, b: b.rows }),
      unwrapped(-peak.frequency[1] * cols, { period: cols, a: a.cols, b: b.cols }),
    ],
    correlation: norm > 0 ? Math.hypot(...peak.value) / norm : 0,
  };
}

/** Of the shifts that the transform cannot tell apart, the one with which the pictures overlap most. */
function unwrapped(shift: number, along: { period: number; a: number; b: number }): number {
  const overlap = (s: number) => Math.min(along.a, s + along.b) - Math.max(0, s);
  const best = [0, -along.period, along.period].map((p) => shift + p).reduce((u, v) => overlap(v) > overlap(u) ? v : u);
  return best === 0 ? 0 : best;
}

/** Spectrum of `a` times the conjugate spectrum of `b`, both padded with zeros to `shape`. */
function crossPower(a: ComplexPlane, b: ComplexPlane, shape: { rows: number; cols: number }): ComplexPlane {
  const fft = createFft2(shape.rows, shape.cols);
  const fa = padded(a, shape), fb = padded(b, shape);
  fft.forward(fa);
  fft.forward(fb);
  for (let i = 0; i < fa.length; i += 2) {
    const re = fa[i]! * fb[i]! + fa[i + 1]! * fb[i + 1]!;
    const im = fa[i + 1]! * fb[i]! - fa[i]! * fb[i + 1]!;
    fa[i] = re;
    fa[i + 1] = im;
  }
  return { ...shape, data: fa };
}

function padded(plane: ComplexPlane, shape: { rows: number; cols: number }): Float64Array {
  const out = new Float64Array(2 * shape.rows * shape.cols);
  for (let y = 0; y < plane.rows; y++) {
    out.set(plane.data.subarray(2 * y * plane.cols, 2 * (y + 1) * plane.cols), 2 * y * shape.cols);
  }
  return out;
}

/** The next length with no prime factor above 5, for which the FFT is quick. */
function fastLength(length: number): number {
  for (let n = Math.max(1, length);; n++) {
    let rest = n;
    for (const p of [2, 3, 5]) while (rest % p === 0) rest /= p;
    if (rest === 1) return n;
  }
}

function power(data: Float64Array): number {
  let sum = 0;
  for (const v of data) sum += v * v;
  return sum;
}
