/** Fourier ring correlation of two aligned pictures and the resolution that follows from it. */

import { createFft2 } from "../../kernels/fft/fft.ts";
import type { ComplexPlane, PixelRectangle } from "./complex_plane.ts";

/** Signal-to-noise ratio per picture at the half-bit threshold: two pictures from one data set split in two. */
export const HALF_BIT_SNR = 0.2071;
/** Signal-to-noise ratio at the 1-bit threshold: two pictures from two full data sets. */
export const ONE_BIT_SNR = 0.5;
/** Part of each side over which the pictures fade to zero, half of it at either end. */
const TAPER = 0.25;
/** Rounding of the transforms: identical pictures must not fall below a threshold of 1. */
const ROUNDING = 1e-9;

/** Correlation ring by ring, from low to high frequency. */
export interface Frc {
  /** Centre of each ring in cycles per pixel, up to 0.5. */
  readonly frequency: readonly number[];
  /** -1 to 1. */
  readonly correlation: readonly number[];
  readonly halfBit: readonly number[];
  readonly oneBit: readonly number[];
}

/** Where the correlation falls below a threshold. */
export interface FrcCrossing {
  /** Cycles per pixel; 0.5 if the correlation stays above. */
  readonly frequency: number;
  /** Half a period at that frequency in pixels: 1 is the best a pixel grid can show. */
  readonly pixels: number;
  /** True if the correlation stays above the threshold up to the edge of the spectrum. */
  readonly beyond: boolean;
}

/**
 * Correlates two pictures in rings of their Fourier transforms: `Re sum A conj(B) / sqrt(sum |A|^2 sum |B|^2)`. Both are cut
 * to the rectangle, freed of their mean and faded to zero at its edges. The thresholds count the independent pixels of each
 * ring, fewer than its pixels because of the fading.
 *
 * @see van Heel, Schatz, J. Struct. Biol. 151 (2005) 250, 10.1016/j.jsb.2005.05.009, eq. 17
 */
export function fourierRingCorrelation(
  layers: readonly (readonly [ComplexPlane, ComplexPlane])[],
  rectangle: PixelRectangle,
): Frc {
  const rows = rectangle.y1 - rectangle.y0, cols = rectangle.x1 - rectangle.x0;
  const rings = Math.floor(Math.min(rows, cols) / 2);
  const cross = new Float64Array(rings + 1), powerA = new Float64Array(rings + 1), powerB = new Float64Array(rings + 1);
  const count = new Float64Array(rings + 1);
  const fft = createFft2(rows, cols);
  for (const [a, b] of layers) {
    const fa = cutout(a, rectangle), fb = cutout(b, rectangle);
    fft.forward(fa);
    fft.forward(fb);
    for (let y = 0; y < rows; y++) {
      const fy = (y < rows / 2 ? y : y - rows) / rows;
      for (let x = 0; x < cols; x++) {
        const fx = (x < cols / 2 ? x : x - cols) / cols;
        const ring = Math.round(Math.hypot(fy, fx) * 2 * rings);
        if (ring > rings) continue;
        const i = 2 * (y * cols + x);
        cross[ring] = cross[ring]! + fa[i]! * fb[i]! + fa[i + 1]! * fb[i + 1]!;
        powerA[ring] = powerA[ring]! + fa[i]! ** 2 + fa[i + 1]! ** 2;
        powerB[ring] = powerB[ring]! + fb[i]! ** 2 + fb[i + 1]! ** 2;
        count[ring] = count[ring]! + 1;
      }
    }
  }
  const independent = independentPart(rows) * independentPart(cols);
  const numbers = Array.from({ length: rings }, (_, i) => i + 1);
  const pixels = numbers.map((r) => Math.max(1, count[r]! * independent));
  return {
    frequency: numbers.map((r) => r / (2 * rings)),
    correlation: numbers.map((r) => cross[r]! / (Math.sqrt(powerA[r]! * powerB[r]!) || Infinity)),
    halfBit: pixels.map((n) => informationThreshold(HALF_BIT_SNR, n)),
    oneBit: pixels.map((n) => informationThreshold(ONE_BIT_SNR, n)),
  };
}

/** Correlation expected at a signal-to-noise ratio in a ring of `pixels` independent pixels, plus its spread. */
export function informationThreshold(snr: number, pixels: number): number {
  const root = 2 * Math.sqrt(snr) / Math.sqrt(pixels);
  return (snr + root + 1 / Math.sqrt(pixels)) / (snr + 1 + root);
}

/**
 * The first crossing of a threshold, interpolated between rings. A single ring below with both neighbours above does not
 * count: a probe behind a central stop has no signal in its lowest rings.
 */
export function firstCrossing(frc: Frc, threshold: readonly number[]): FrcCrossing {
  const above = frc.correlation.map((c, i) => c - threshold[i]! + ROUNDING);
  const at = above.findIndex((v, i) => v < 0 && (i === above.length - 1 || above[i + 1]! < 0));
  if (at < 0) return { frequency: 0.5, pixels: 1, beyond: true };
  if (at === 0) return { frequency: frc.frequency[0]!, pixels: 0.5 / frc.frequency[0]!, beyond: false };
  const part = above[at - 1]! / (above[at - 1]! - above[at]!);
  const frequency = frc.frequency[at - 1]! + part * (frc.frequency[at]! - frc.frequency[at - 1]!);
  return { frequency, pixels: 0.5 / frequency, beyond: false };
}

function cutout(plane: ComplexPlane, rectangle: PixelRectangle): Float64Array {
  const rows = rectangle.y1 - rectangle.y0, cols = rectangle.x1 - rectangle.x0;
  const out = new Float64Array(2 * rows * cols);
  const mean = [0, 0];
  for (let y = 0; y < rows; y++) {
    const from = 2 * ((y + rectangle.y0) * plane.cols + rectangle.x0);
    out.set(plane.data.subarray(from, from + 2 * cols), 2 * y * cols);
  }
  for (let i = 0; i < out.length; i++) mean[i % 2] = mean[i % 2]! + out[i]! / (rows * cols);
  const wy = taper(rows), wx = taper(cols);
  for (let i = 0; i < out.length; i++) {
    const pixel = i >> 1;
    out[i] = (out[i]! - mean[i % 2]!) * wy[Math.floor(pixel / cols)]! * wx[pixel % cols]!;
  }
  return out;
}

/** Tukey window: flat, with cosine edges. */
function taper(count: number): Float64Array {
  const edge = TAPER / 2 * count;
  return Float64Array.from({ length: count }, (_, i) => {
    const distance = Math.min(i + 0.5, count - i - 0.5);
    return distance >= edge ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * distance / edge);
  });
}

/** Independent samples of a spectrum per sample, for noise under the taper: `(sum w^2)^2 / (N sum w^4)`. */
function independentPart(count: number): number {
  const w = taper(count);
  const second = w.reduce((s, v) => s + v ** 2, 0), fourth = w.reduce((s, v) => s + v ** 4, 0);
  return second ** 2 / (count * fourth);
}
