/** One-dimensional discrete Fourier transforms of any length, several lines side by side. */

import { radix2, radix3, radix4, type Stage } from "./butterflies.ts";
import { radix5, radix8, radixOdd } from "./butterflies_large.ts";

/** Where lines lie in an array of interleaved complex values, in numbers; element j of line q is at `start + j * step + 2 * q`. */
export interface Lines {
  readonly step: number;
  /** Lines side by side. */
  readonly batch: number;
  /** 1 exchanges real and imaginary parts while reading. */
  readonly inSwap: number;
  /** 1 exchanges them while writing; both together turn the forward transform into the inverse times the length. */
  readonly outSwap: number;
  readonly scale: number;
}

/** Transforms lines in place: `X[k] = scale * sum_j x[j] exp(-2 pi i j k / length)`. Changes `wave` from `start` on. */
export type TransformLines = (wave: Float64Array, start: number) => void;

/** Largest prime factor that gets a stage of its own; a length with a larger one goes through a convolution. */
const MAX_RADIX = 13;

/** Plans transforms of one length and layout. The plan owns its tables and scratch: use it in one thread at a time. */
export function planLines(length: number, lines: Lines): TransformLines {
  if (length === 1) return (wave, start) => copySingle(wave, { ...lines, start });
  const radices = factorise(length);
  return radices === null ? bluestein(length, lines) : stockham(radices, lines);
}

/** Radices for a length, or null if a prime factor is too large. Eights first, as long as that saves a stage. */
function factorise(length: number): number[] | null {
  const radices: number[] = [];
  let rest = length;
  let twos = 0;
  for (; rest % 2 === 0; rest /= 2) twos++;
  const eights = twos % 3 === 1 ? Math.max(0, (twos - 4) / 3) : Math.floor(twos / 3);
  for (let i = 0; i < eights; i++) radices.push(8);
  for (twos -= 3 * eights; twos >= 2; twos -= 2) radices.push(4);
  if (twos === 1) radices.push(2);
  for (const radix of [5, 3, 7, 11, MAX_RADIX]) {
    for (; rest % radix === 0; rest /= radix) radices.push(radix);
  }
  return rest === 1 ? radices : null;
}

interface Factor {
  readonly radix: number;
  /** Length of the sequences before this stage. */
  readonly length: number;
  /** Length of the whole line. */
  readonly total: number;
}

function stockham(radices: readonly number[], lines: Lines): TransformLines {
  const total = radices.reduce((a, b) => a * b, 1);
  let length = total;
  const stages = radices.map((radix) => {
    const stage = { at: place({ radix, length, total }, lines), run: runStage(radix) };
    length /= radix;
    return stage;
  });
  const [first, last] = [stages[0]!, stages.at(-1)!];
  const scratch = [new Float64Array(2 * total * lines.batch), new Float64Array(2 * total * lines.batch)] as const;
  return (wave, start) => {
    first.at.inStart = start;
    last.at.outStart = start;
    let x = wave;
    for (let i = 0; i < stages.length; i++) {
      const { at, run } = stages[i]!;
      const y = at === last.at ? wave : scratch[i % 2]!;
      run(y, x, at);
      x = y;
    }
  };
}

/** Where a stage reads and writes: lines in place at both ends, scratch between. */
function place({ radix, length, total }: Factor, lines: Lines): Stage {
  const m = length / radix;
  const stride = total / length;
  const width = 2 * lines.batch * stride;
  const first = stride === 1;
  const last = m === 1;
  // The last stage writes strided lines one element at a time; contiguous ones in a single run.
  const strided = last && !first && lines.step !== 2 * lines.batch;
  return {
    count: strided ? stride : m,
    run: strided ? 2 * lines.batch : width,
    inStart: 0,
    inPitch: first ? lines.step : strided ? 2 * lines.batch : width,
    inStep: first ? lines.step * m : width * m,
    inSwap: first ? lines.inSwap : 0,
    outStart: 0,
    outPitch: strided ? lines.step : width * radix,
    outStep: last ? lines.step * stride : width,
    outSwap: last ? lines.outSwap : 0,
    scale: last ? lines.scale : 1,
    twiddles: twiddles(length, radix),
    twiddlePitch: last ? 0 : 2 * (radix - 1),
    roots: roots(radix),
  };
}

function runStage(radix: number): (y: Float64Array, x: Float64Array, stage: Stage) => void {
  return { 2: radix2, 3: radix3, 4: radix4, 5: radix5, 8: radix8 }[radix] ?? radixOdd;
}

/** A transform of length 1: exchange and scale. */
function copySingle(wave: Float64Array, { start, batch, inSwap, outSwap, scale }: Lines & { start: number }): void {
  for (let i = start; i < start + 2 * batch; i += 2) {
    const re = scale * wave[i + inSwap]!;
    const im = scale * wave[i + 1 - inSwap]!;
    wave[i + outSwap] = re;
    wave[i + 1 - outSwap] = im;
  }
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
function bluestein(length: number, lines: Lines): TransformLines {
  let padded = 1;
  while (padded < 2 * length - 1) padded *= 2;
  const run = 2 * lines.batch;
  const dense = { step: run, batch: lines.batch, inSwap: 0, outSwap: 0, scale: 1 };
  const forward = planLines(padded, dense);
  const inverse = planLines(padded, { ...dense, inSwap: 1, outSwap: 1 });
  const chirp = new Float64Array(2 * length);
  for (let j = 0; j < length; j++) unitRoot(chirp, j, [(j * j) % (2 * length), 2 * length]);
  const filter = chirpFilter(chirp, padded);
  const work = new Float64Array(padded * run);
  const { step, inSwap, outSwap, scale } = lines;
  return (wave, start) => {
    work.fill(0, length * run);
    multiply(work, wave, { factors: chirp, count: length, run, inStart: start, inStep: step, inSwap });
    forward(work, 0);
    multiply(work, work, { factors: filter, count: padded, run });
    inverse(work, 0);
    multiply(wave, work, { factors: chirp, count: length, run, outStart: start, outStep: step, outSwap, scale });
  };
}

/** Spectrum of the conjugate chirp, wrapped around, divided by the padded length. */
function chirpFilter(chirp: Float64Array, padded: number): Float64Array {
  const filter = new Float64Array(2 * padded);
  for (let j = 0; j < chirp.length / 2; j++) {
    for (const at of [j, (padded - j) % padded]) {
      filter[2 * at] = chirp[2 * j]! / padded;
      filter[2 * at + 1] = -chirp[2 * j + 1]! / padded;
    }
  }
  planLines(padded, { step: 2, batch: 1, inSwap: 0, outSwap: 0, scale: 1 })(filter, 0);
  return filter;
}

interface Multiply {
  readonly factors: Float64Array;
  readonly count: number;
  readonly run: number;
  readonly inStart?: number;
  readonly inStep?: number;
  readonly inSwap?: number;
  readonly outStart?: number;
  readonly outStep?: number;
  readonly outSwap?: number;
  readonly scale?: number;
}

/** `y = scale * factor[j] * x` for element j of every line. Changes `y`. */
function multiply(y: Float64Array, x: Float64Array, m: Multiply): void {
  const {
    factors,
    count,
    run,
    inStart = 0,
    inStep = run,
    inSwap = 0,
    outStart = 0,
    outStep = run,
    outSwap = 0,
    scale = 1,
  } = m;
  for (let j = 0; j < count; j++) {
    const wr = scale * factors[2 * j]!;
    const wi = scale * factors[2 * j + 1]!;
    for (let q = 0; q < run; q += 2) {
      const re = x[inStart + j * inStep + q + inSwap]!;
      const im = x[inStart + j * inStep + q + 1 - inSwap]!;
      y[outStart + j * outStep + q + outSwap] = re * wr - im * wi;
      y[outStart + j * outStep + q + 1 - outSwap] = re * wi + im * wr;
    }
  }
}
