/** The projection passes by their formulas in double, and made-up inputs: what the test of the generated passes compares with. */

import { createFft2 } from "../fft/fft.ts";

/** A block to project. */
export interface Case {
  readonly rows: number;
  readonly cols: number;
  readonly modes: number;
  readonly kind: "farfield" | "nearfield";
  /** Photons per pixel; 0 for none. */
  readonly powerBound: number;
  readonly alpha: number;
}

/** Frames of every case. */
export const FRAMES = 4;
/** The object, its rows padded. */
export const OBJECT = { rows: 24, cols: 22, pitch: 28 };

/** A frame with its exit waves. */
export interface Frame {
  readonly oy: number;
  readonly ox: number;
  readonly intensity: Float64Array;
  readonly mask: Float64Array;
  readonly exitWaves: readonly Float64Array[];
}

/** What a pass works on, in double. */
export interface Inputs {
  readonly probes: readonly Float64Array[];
  readonly factors: readonly Float64Array[];
  readonly object: Float64Array;
  readonly frames: readonly Frame[];
}

/** Asymmetric inputs of a case. */
export function makeInputs({ rows, cols, modes }: Case): Inputs {
  const points = rows * cols;
  const wave = (seed: number, scale = 1) => numbers(2 * points, seed).map((v) => scale * v);
  const probes = Array.from({ length: modes }, (_, m) => wave(10 + m));
  const object = numbers(2 * OBJECT.rows * OBJECT.cols, 30);
  const factors = Array.from({ length: modes }, (_, m) => {
    const phases = numbers(points, 20 + m);
    return Float64Array.from(
      { length: 2 * points },
      (_, i) => i % 2 === 0 ? Math.cos(phases[i >> 1]!) : Math.sin(phases[i >> 1]!),
    );
  });
  const frames = Array.from({ length: FRAMES }, (_, k) => ({
    oy: 2 * k,
    ox: 5 - k,
    // Dark-subtracted data have negative pixels; the frames differ in brightness.
    intensity: numbers(points, 40 + k).map((v) => (1 + 2 * k) * (v + 0.9)),
    mask: numbers(points, 50 + k).map((v) => v > -0.8 ? 1 : 0),
    exitWaves: Array.from({ length: modes }, (_, m) => wave(60 + 7 * k + m, 0.5)),
  }));
  return { probes, factors, object, frames };
}

/** Probe times object of one pod. */
export function modelOf(
  { rows, cols }: Case,
  { probes, object }: Inputs,
  { frame, mode }: { frame: Frame; mode: number },
): Float64Array {
  const out = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const i = 2 * (y * cols + x);
      const o = 2 * ((frame.oy + y) * OBJECT.cols + frame.ox + x);
      const p = probes[mode]!;
      out[i] = p[i]! * object[o]! - p[i + 1]! * object[o + 1]!;
      out[i + 1] = p[i]! * object[o + 1]! + p[i + 1]! * object[o]!;
    }
  }
  return out;
}

/** Propagates a wave in place. */
export function propagate(
  { rows, cols, kind }: Case,
  wave: Float64Array,
  { factor, back }: { factor: Float64Array; back: boolean },
): void {
  const fft = createFft2(rows, cols);
  const root = Math.sqrt(rows * cols);
  const multiply = () => {
    const sign = back ? -1 : 1;
    for (let i = 0; i < wave.length; i += 2) {
      const [re, im] = [wave[i]!, wave[i + 1]!];
      wave[i] = re * factor[i]! - sign * im * factor[i + 1]!;
      wave[i + 1] = im * factor[i]! + sign * re * factor[i + 1]!;
    }
  };
  if (kind === "nearfield") {
    fft.forward(wave);
    multiply();
    return fft.inverse(wave);
  }
  if (!back) multiply();
  if (back) fft.inverse(wave);
  else fft.forward(wave);
  for (let i = 0; i < wave.length; i++) wave[i] = back ? wave[i]! * root : wave[i]! / root;
  if (back) multiply();
}

/** The Fourier step of one frame by its formulas. */
export function project(c: Case, inputs: Inputs, frame: Frame) {
  const points = c.rows * c.cols;
  const models = frame.exitWaves.map((_, mode) => modelOf(c, inputs, { frame, mode }));
  const atDetector = models.map((model, m) => {
    const wave = model.slice();
    propagate(c, wave, { factor: inputs.factors[m]!, back: false });
    return wave;
  });
  const waves = models.map((model, m) => {
    const wave = model.map((v, i) => (1 + c.alpha) * v - c.alpha * frame.exitWaves[m]![i]!);
    propagate(c, wave, { factor: inputs.factors[m]!, back: false });
    return wave;
  });
  const squares = (fields: Float64Array[], i: number) =>
    fields.reduce((sum, w) => sum + w[2 * i]! ** 2 + w[2 * i + 1]! ** 2, 0);
  let [fourier, photons, exit, valid] = [0, 0, 0, 0];
  for (let i = 0; i < points; i++) {
    const measured = frame.intensity[i]!;
    valid += frame.mask[i]!;
    fourier += frame.mask[i]! * (Math.sqrt(squares(waves, i)) - Math.sqrt(Math.abs(measured))) ** 2;
    photons += frame.mask[i]! * (squares(atDetector, i) - measured) ** 2 / (measured + 1);
  }
  const deviation = fourier / valid;
  const within = c.powerBound > 0 && deviation <= c.powerBound;
  const rest = c.powerBound > 0 ? Math.sqrt(c.powerBound / deviation) : 0;
  for (let i = 0; i < points && !within; i++) {
    if (frame.mask[i] === 0) continue;
    const amplitude = Math.sqrt(squares(waves, i));
    const magnitude = Math.sqrt(Math.abs(frame.intensity[i]!));
    const factor = (magnitude + (amplitude - magnitude) * rest) / (amplitude + 1e-10);
    for (const wave of waves) for (const j of [2 * i, 2 * i + 1]) wave[j] = wave[j]! * factor;
  }
  const exitWaves = waves.map((wave, m) => {
    propagate(c, wave, { factor: inputs.factors[m]!, back: true });
    return frame.exitWaves[m]!.map((old, i) => {
      const change = within ? c.alpha * (models[m]![i]! - old) : wave[i]! - models[m]![i]!;
      exit += change * change;
      return old + change;
    });
  });
  const shown = c.powerBound > 0 ? deviation / c.powerBound : deviation;
  return { within, exitWaves, errors: [shown, photons / points, exit / points] };
}

/** The sums of the overlap update by their formulas. */
export function overlap(c: Case, { probes, object, frames }: Inputs) {
  const objectSum = new Float64Array(object.length);
  const objectNorm = new Float64Array(object.length / 2);
  const probeSums = probes.map((p) => new Float64Array(p.length));
  const probeNorms = probes.map((p) => new Float64Array(p.length / 2));
  for (const { oy, ox, exitWaves } of frames) {
    exitWaves.forEach((exit, m) => {
      for (let i = 0; i < c.rows * c.cols; i++) {
        const o = (oy + Math.floor(i / c.cols)) * OBJECT.cols + ox + i % c.cols;
        const [er, ei] = [exit[2 * i]!, exit[2 * i + 1]!];
        const [pr, pi] = [probes[m]![2 * i]!, probes[m]![2 * i + 1]!];
        const [or, oi] = [object[2 * o]!, object[2 * o + 1]!];
        accumulate(objectSum, 2 * o, [pr * er + pi * ei, pr * ei - pi * er]);
        accumulate(objectNorm, o, [pr * pr + pi * pi]);
        accumulate(probeSums[m]!, 2 * i, [or * er + oi * ei, or * ei - oi * er]);
        accumulate(probeNorms[m]!, i, [or * or + oi * oi]);
      }
    });
  }
  return { objectSum, objectNorm, probeSums, probeNorms };
}

function accumulate(sums: Float64Array, at: number, values: readonly number[]): void {
  values.forEach((value, i) => sums[at + i] = sums[at + i]! + value);
}

/** Numbers in (-1, 1) without symmetry, exact in single precision. */
function numbers(count: number, seed: number): Float64Array {
  return Float64Array.from(
    { length: count },
    (_, i) => Math.fround(Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 0.999),
  );
}
