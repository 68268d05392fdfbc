/** The strongest frequency of a complex picture, to a fraction of a sample: the step that registration and ramp removal share. */

import { createFft2 } from "../../kernels/fft/fft.ts";
import type { ComplexPlane } from "./complex_plane.ts";

/** Where the spectrum is strongest. */
export interface SpectralPeak {
  /** (y, x) in cycles per sample, -0.5 to 0.5. */
  readonly frequency: readonly [number, number];
  /** The sum of `data * exp(-2 pi i frequency . r)` there. */
  readonly value: readonly [number, number];
}

/** One stage of the search is at most so many times finer than the one before. */
const STAGE = 16;

/**
 * Finds the maximum of `|sum p(r) exp(-2 pi i f . r)|` over the frequencies f: first on the grid of the FFT, then on grids
 * around the best sample, finer stage by stage down to 1/`upsample` of a sample, by matrix products instead of a padded FFT.
 *
 * `wrapped` says that the samples are those of a spectrum in FFT order, so that the upper half counts as negative.
 *
 * @see Guizar-Sicairos, Thurman, Fienup, Opt. Lett. 33 (2008) 156, 10.1364/OL.33.000156
 */
export function spectralPeak(plane: ComplexPlane, options: { upsample: number; wrapped?: boolean }): SpectralPeak {
  const { rows, cols } = plane;
  const wrapped = options.wrapped ?? false;
  const spectrum = plane.data.slice();
  createFft2(rows, cols).forward(spectrum);
  const best = strongest(spectrum);
  let frequency: [number, number] = [Math.floor(best / cols) / rows, best % cols / cols];
  let value: [number, number] = [spectrum[2 * best]!, spectrum[2 * best + 1]!];
  let step = 1;
  while (step > 1.0001 / options.upsample) {
    const finer = Math.max(step / STAGE, 1 / options.upsample);
    const reach = Math.ceil(0.75 * step / finer);
    const offsets = Array.from({ length: 2 * reach + 1 }, (_, i) => (i - reach) * finer);
    const fy = offsets.map((o) => frequency[0] + o / rows);
    const fx = offsets.map((o) => frequency[1] + o / cols);
    const fine = matrixDft(plane, { fy, fx, wrapped });
    const k = strongest(fine);
    frequency = [fy[Math.floor(k / fx.length)]!, fx[k % fx.length]!];
    value = [fine[2 * k]!, fine[2 * k + 1]!];
    step = finer;
  }
  return { frequency: [signed(frequency[0]), signed(frequency[1])], value };
}

function strongest(data: Float64Array): number {
  let best = 0, power = -1;
  for (let i = 0; i < data.length; i += 2) {
    const p = data[i]! ** 2 + data[i + 1]! ** 2;
    if (p > power) {
      power = p;
      best = i / 2;
    }
  }
  return best;
}

function signed(frequency: number): number {
  return frequency - Math.round(frequency);
}

function matrixDft(plane: ComplexPlane, at: { fy: number[]; fx: number[]; wrapped: boolean }): Float64Array {
  const { rows, cols, data } = plane;
  const partial = new Float64Array(2 * rows * at.fx.length);
  at.fx.forEach((f, j) => {
    const phase = phases(cols, f, at.wrapped);
    for (let y = 0; y < rows; y++) {
      let re = 0, im = 0;
      for (let x = 0, i = 2 * y * cols; x < cols; x++, i += 2) {
        const c = phase[2 * x]!, s = phase[2 * x + 1]!;
        re += data[i]! * c - data[i + 1]! * s;
        im += data[i]! * s + data[i + 1]! * c;
      }
      partial[2 * (y * at.fx.length + j)] = re;
      partial[2 * (y * at.fx.length + j) + 1] = im;
    }
  });
  const out = new Float64Array(2 * at.fy.length * at.fx.length);
  at.fy.forEach((f, k) => {
    const phase = phases(rows, f, at.wrapped);
    for (let y = 0; y < rows; y++) {
      const c = phase[2 * y]!, s = phase[2 * y + 1]!;
      for (let j = 0; j < at.fx.length; j++) {
        const i = 2 * (y * at.fx.length + j), o = 2 * (k * at.fx.length + j);
        out[o] = out[o]! + partial[i]! * c - partial[i + 1]! * s;
        out[o + 1] = out[o + 1]! + partial[i]! * s + partial[i + 1]! * c;
      }
    }
  });
  return out;
}

function phases(count: number, frequency: number, wrapped: boolean): Float64Array {
  const out = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    const position = wrapped && i >= Math.ceil(count / 2) ? i - count : i;
    const angle = -2 * Math.PI * frequency * position;
    out[2 * i] = Math.cos(angle);
    out[2 * i + 1] = Math.sin(angle);
  }
  return out;
}
