/** One-dimensional discrete Fourier transforms of any length, several lines side by side. */

import { radix2, radix3, radix4, radix5, radixAny, type Stage } from "./butterflies.ts";

/**
 * A forward transform `X[k] = sum_j x[j] exp(-2 pi i j k / length)` of `batch` lines at once. Lines lie side by side: element j of
 * line q is at complex index `j * batch + q`.
 */
export interface Fft1 {
  readonly length: number;
  /** Most lines at once. */
  readonly maxBatch: number;
  /** Where the caller puts the lines; `transform` destroys it. */
  readonly input: Float64Array;
  /** Transforms `batch` lines from `input` and returns the array that holds the result: `input` or a scratch array. */
  transform(batch: number): Float64Array;
}

/** Largest prime factor that gets a stage of its own; a length with a larger one goes through a convolution. */
const MAX_RADIX = 13;

/** Plans a transform. Tables and scratch belong to the plan: use one plan in one thread at a time. */
export function createFft1(length: number, maxBatch: number): Fft1 {
  const radices = factorise(length);
  return radices === null ? bluestein(length, maxBatch) : stockham(radices, maxBatch);
}

/** Radices for a length, 4 first, or null if a prime factor is too large. */
function factorise(length: number): number[] | null {
  const radices: number[] = [];
  let rest = length;
  for (const radix of [4, 2, 3, 5, 7, 11, MAX_RADIX]) {
    for (; rest % radix === 0; rest /= radix) radices.push(radix);
  }
  return rest === 1 ? radices : null;
}

function stockham(radices: readonly number[], maxBatch: number): Fft1 {
  const length = radices.reduce((a, b) => a * b, 1);
  const stages: Stage[] = [];
  let rest = length;
  for (const radix of radices) {
    stages.push({ radix, length: rest, stride: length / rest, twiddles: twiddles(rest, radix), roots: roots(radix) });
    rest /= radix;
  }
  const input = new Float64Array(2 * length * maxBatch);
  const scratch = new Float64Array(2 * length * maxBatch);
  return {
    length,
    maxBatch,
    input,
    transform(batch) {
      let x = input;
      let y = scratch;
      for (const stage of stages) {
        runStage(y, x, { ...stage, batch });
        [x, y] = [y, x];
      }
      return x;
    },
  };
}

function runStage(y: Float64Array, x: Float64Array, stage: Stage & { batch: number }): void {
  if (stage.radix === 4) radix4(y, x, stage);
  else if (stage.radix === 2) radix2(y, x, stage);
  else if (stage.radix === 3) radix3(y, x, stage);
  else if (stage.radix === 5) radix5(y, x, stage);
  else radixAny(y, x, stage);
}

function twiddles(length: number, radix: number): Float64Array {
  const m = length / radix;
  const table = new Float64Array(2 * m * (radix - 1));
  for (let p = 0; p < m; p++) {
    for (let k = 1; k < radix; k++) unitRoot(table, p * (radix - 1) + k - 1, [p * k, length]);
  }
  return table;
}

function roots(radix: number): Float64Array {
  const table = new Float64Array(2 * radix);
  for (let j = 0; j < radix; j++) unitRoot(table, j, [j, radix]);
  return table;
}

/** Writes `exp(-2 pi i a / n)`, reduced to the first octant so that multiples of an eighth turn are exact. Changes `table`. */
function unitRoot(table: Float64Array, at: number, [a, n]: readonly [number, number]): void {
  const eighths = 8 * (a % n);
  const octant = Math.floor(eighths / n);
  const odd = octant % 2 === 1;
  const rest = odd ? (octant + 1) * n - eighths : eighths - octant * n;
  const angle = 2 * Math.PI * rest / (8 * n);
  const [c, s] = odd ? [Math.sin(angle), Math.cos(angle)] : [Math.cos(angle), Math.sin(angle)];
  const quarter = octant >> 1;
  table[2 * at] = [c, -s, -c, s][quarter]!;
  table[2 * at + 1] = -[s, c, -s, -c][quarter]!;
}

/**
 * A length with large prime factors as a convolution with a chirp, at a power of two.
 * @see Bluestein, IEEE Transactions on Audio and Electroacoustics 18 (1970) 451
 */
function bluestein(length: number, maxBatch: number): Fft1 {
  let padded = 1;
  while (padded < 2 * length - 1) padded *= 2;
  const inner = createFft1(padded, maxBatch);
  const chirp = new Float64Array(2 * length);
  for (let j = 0; j < length; j++) unitRoot(chirp, j, [(j * j) % (2 * length), 2 * length]);
  const filter = chirpFilter(chirp, padded);
  const input = new Float64Array(2 * length * maxBatch);
  return {
    length,
    maxBatch,
    input,
    transform(batch) {
      inner.input.fill(0, 2 * length * batch, 2 * padded * batch);
      multiply(inner.input, input, { factors: chirp, count: length, batch });
      const spectrum = inner.transform(batch);
      // The inverse transform is the forward one with real and imaginary parts exchanged.
      multiply(spectrum, spectrum, { factors: filter, count: padded, batch });
      exchange(inner.input, spectrum, padded * batch);
      const convolved = inner.transform(batch);
      exchange(convolved, convolved, length * batch);
      multiply(input, convolved, { factors: chirp, count: length, batch });
      return input;
    },
  };
}

/** Spectrum of the conjugate chirp, wrapped around, divided by the padded length. */
function chirpFilter(chirp: Float64Array, padded: number): Float64Array {
  const plan = createFft1(padded, 1);
  const length = chirp.length / 2;
  plan.input.fill(0);
  for (let j = 0; j < length; j++) {
    for (const at of [j, (padded - j) % padded]) {
      plan.input[2 * at] = chirp[2 * j]! / padded;
      plan.input[2 * at + 1] = -chirp[2 * j + 1]! / padded;
    }
  }
  return plan.transform(1).slice(0, 2 * padded);
}

function multiply(
  y: Float64Array,
  x: Float64Array,
  { factors, count, batch }: { factors: Float64Array; count: number; batch: number },
): void {
  for (let j = 0; j < count; j++) {
    const wr = factors[2 * j]!;
    const wi = factors[2 * j + 1]!;
    for (let i = 2 * j * batch; i < 2 * (j + 1) * batch; i += 2) {
      const re = x[i]!;
      const im = x[i + 1]!;
      y[i] = re * wr - im * wi;
      y[i + 1] = re * wi + im * wr;
    }
  }
}

function exchange(y: Float64Array, x: Float64Array, count: number): void {
  for (let i = 0; i < 2 * count; i += 2) {
    const re = x[i]!;
    y[i] = x[i + 1]!;
    y[i + 1] = re;
  }
}
