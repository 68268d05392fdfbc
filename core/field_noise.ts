/** Smooth random fields, and what makes the modes of a probe or an object differ. */

import { fourierShift } from "../kernels/array/fourier_shift.ts";
import { gaussianFilter } from "../kernels/array/gaussian_filter.ts";
import { ParameterError } from "./errors.ts";
import type { Random } from "./random.ts";

/** Rms of the phase (rad) and its smallest feature (px), optionally followed by the same for the modulus. */
export type FieldNoise = readonly [number, number] | readonly [number, number, number, number];

/** A stack of complex images and where its random numbers come from. */
export interface NoiseOptions {
  readonly layers: number;
  readonly rows: number;
  readonly cols: number;
  readonly random: Random;
}

/** The parameters `diversity` of a probe or an object. */
export interface DiversityOptions {
  readonly noise: FieldNoise | null;
  readonly power: number | readonly number[];
  readonly shift: number | null;
}

/** Full width at half maximum of a Gaussian over its standard deviation, as PtyPy rounds it. */
const FWHM = 2.35;

/**
 * Complex noise (layer, y, x): exp(i G(n)) with n normal around 0, times G(m) with m normal around 1 where the modulus is given.
 * G smooths each layer over the smallest feature, so that the rms of the result is smaller than that asked for.
 *
 * @see PtyPy 0.4: utils.parallel.MPInoise2d
 */
export function fieldNoise(noise: FieldNoise, options: NoiseOptions): Float64Array {
  const phase = smoothNormal(0, [noise[0], noise[1]], options);
  const modulus = noise.length === 4 ? smoothNormal(1, [noise[2], noise[3]], options) : phase.map(() => 1);
  const field = new Float64Array(2 * phase.length);
  for (let i = 0; i < phase.length; i++) {
    field[2 * i] = modulus[i]! * Math.cos(phase[i]!);
    field[2 * i + 1] = modulus[i]! * Math.sin(phase[i]!);
  }
  return field;
}

/** The plane that the layers are in. */
export interface DiversityPlane extends NoiseOptions {
  /** Pixel in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Path of the parameters, such as `scans.MF.illumination.diversity`. */
  readonly where: string;
}

/**
 * Makes layers differ. Changes `stack`, complex (layer, y, x): all but the first are shifted and multiplied by noise, then every
 * layer by the root of its weight, weights (1, p1, p2, ...) / sum with the last power repeated. One layer stays as it is.
 *
 * All further layers are shifted equally far, in directions that are spread evenly: the m-th of M by `shift` metres at an angle of
 * 2 pi (m - 1) / M from the horizontal towards higher rows. What leaves on one side comes in on the other.
 *
 * @throws {ParameterError} for a shift of half the array or more
 * @see PtyPy 0.4: core.sample.diversify (differs: there `shift` was never built)
 */
export function diversify(stack: Float64Array, p: DiversityOptions, plane: DiversityPlane): void {
  const { layers, rows, cols } = plane;
  if (layers < 2) return;
  const pixels = rows * cols;
  if (p.shift !== null && p.shift !== 0) shiftLayers(stack, p.shift, plane);
  if (p.noise !== null) {
    // Drawn for the first layer too, and not used there, so that the draws are PtyPy's.
    const noise = fieldNoise(p.noise, plane);
    for (let i = 2 * pixels; i < noise.length; i += 2) {
      const [re, im] = [stack[i]!, stack[i + 1]!];
      stack[i] = re * noise[i]! - im * noise[i + 1]!;
      stack[i + 1] = re * noise[i + 1]! + im * noise[i]!;
    }
  }
  const weights = modeWeights(layers, p.power);
  for (let i = 0; i < stack.length; i++) stack[i]! *= Math.sqrt(weights[Math.floor(i / (2 * pixels))]!);
}

/** Shifts all layers but the first. Changes `stack`. */
function shiftLayers(stack: Float64Array, shift: number, { layers, rows, cols, psize, where }: DiversityPlane): void {
  const reach = [Math.abs(shift) / psize[0], Math.abs(shift) / psize[1]] as const;
  if (!(reach[0] < rows / 2 && reach[1] < cols / 2)) {
    const most = Math.min(rows * psize[0], cols * psize[1]) / 2;
    const message = `found ${shift} m, expected less than half the array of ${rows} x ${cols} pixels, ${
      most.toPrecision(3)
    } m`;
    throw new ParameterError([{ path: `${where}.shift`, message }]);
  }
  for (let layer = 1; layer < layers; layer++) {
    const angle = 2 * Math.PI * (layer - 1) / (layers - 1);
    const moved = [shift * Math.sin(angle) / psize[0], shift * Math.cos(angle) / psize[1]] as const;
    fourierShift(stack, { rows, cols, offset: layer * rows * cols, shift: moved });
  }
}

function modeWeights(layers: number, power: number | readonly number[]): number[] {
  const powers = typeof power === "number" ? [power] : power;
  const weights = Array.from({ length: layers }, (_, m) => m === 0 ? 1 : powers[Math.min(m, powers.length) - 1]!);
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / sum);
}

function smoothNormal(
  mean: number,
  [rms, feature]: readonly [number, number],
  { layers, rows, cols, random }: NoiseOptions,
): Float64Array {
  const values = Float64Array.from({ length: layers * rows * cols }, () => random.normal(mean, rms));
  for (let layer = 0; layer < layers; layer++) {
    gaussianFilter(values, { rows, cols, sigma: feature / FWHM, offset: layer * rows * cols });
  }
  return values;
}
