/** The seeded generator through which every random draw goes: MT19937 with the draws of numpy's legacy global generator. */

import type { RandomState } from "../kernels/reconstruction.ts";

/** A stream of random numbers; `state()` is enough to continue it elsewhere. */
export interface Random {
  /** Uniform in [low, high), 53 bits. */
  uniform(low?: number, high?: number): number;
  /** Normal with the given mean and standard deviation. */
  normal(mean?: number, std?: number): number;
  /** Poisson with the given mean. */
  poisson(mean: number): number;
  /** A random order of 0 .. count - 1. */
  permutation(count: number): Int32Array;
  state(): RandomState;
}

const WORDS = 624;
const MIDDLE = 397;

/**
 * A generator that draws what `numpy.random.seed(seed)` and numpy's global functions draw, so that a seed gives PtyPy's numbers.
 *
 * seed  whole number in 0 .. 2^32 - 1
 *
 * @throws {RangeError} if the seed is not such a number
 * @see Matsumoto and Nishimura, ACM Transactions on Modeling and Computer Simulation 8 (1998) 3, 10.1145/272991.272995
 */
export function createRandom(seed: number): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new RangeError(`Cannot seed the generator: found ${seed}, expected a whole number in 0 .. 4294967295`);
  }
  const key = new Uint32Array(WORDS);
  key[0] = seed;
  for (let i = 1; i < WORDS; i++) {
    const previous = key[i - 1]!;
    key[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
  }
  return generator({ key, position: WORDS, spare: null });
}

/** Continues a generator from what its `state()` returned. @throws {RangeError} if the value is not such a state */
export function restoreRandom(state: RandomState): Random {
  const { kind, key, position, spare } = state;
  const isKey = Array.isArray(key) && key.length === WORDS;
  if (kind !== "MT19937" || !isKey || typeof position !== "number" || !Array.isArray(spare) || spare.length > 1) {
    throw new RangeError(
      `Cannot restore the generator: found kind "${kind}", expected the state of an MT19937 generator`,
    );
  }
  return generator({ key: Uint32Array.from(key), position, spare: spare.length === 1 ? spare[0] : null });
}

interface Twister {
  readonly key: Uint32Array;
  /** Next word of `key` to hand out. */
  position: number;
  /** The second normal of the last pair, not yet handed out. */
  spare: number | null;
}

function generator(twister: Twister): Random {
  return {
    uniform: (low = 0, high = 1) => low + (high - low) * drawDouble(twister),
    normal: (mean = 0, std = 1) => mean + std * drawNormal(twister),
    poisson: (mean) => drawPoisson(twister, mean),
    permutation: (count) => drawPermutation(twister, count),
    state: () => ({
      kind: "MT19937",
      key: Array.from(twister.key),
      position: twister.position,
      spare: twister.spare === null ? [] : [twister.spare],
    }),
  };
}

/** Changes `key`: the next 624 words. */
function refill(key: Uint32Array): void {
  for (let i = 0; i < WORDS; i++) {
    const y = (key[i]! & 0x80000000) | (key[(i + 1) % WORDS]! & 0x7fffffff);
    key[i] = key[(i + MIDDLE) % WORDS]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  }
}

function drawWord(twister: Twister): number {
  if (twister.position >= WORDS) {
    refill(twister.key);
    twister.position = 0;
  }
  let y = twister.key[twister.position++]!;
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return (y ^ (y >>> 18)) >>> 0;
}

function drawDouble(twister: Twister): number {
  const high = drawWord(twister) >>> 5;
  const low = drawWord(twister) >>> 6;
  return (high * 2 ** 26 + low) / 2 ** 53;
}

/** Marsaglia's polar method; the pair's first number is kept for the next call. */
function drawNormal(twister: Twister): number {
  if (twister.spare !== null) {
    const spare = twister.spare;
    twister.spare = null;
    return spare;
  }
  for (;;) {
    const a = 2 * drawDouble(twister) - 1;
    const b = 2 * drawDouble(twister) - 1;
    const r2 = a * a + b * b;
    if (r2 >= 1 || r2 === 0) continue;
    const scale = Math.sqrt(-2 * Math.log(r2) / r2);
    twister.spare = scale * a;
    return scale * b;
  }
}

function drawPoisson(twister: Twister, mean: number): number {
  if (!(mean >= 0 && mean < Infinity)) {
    throw new RangeError(`Cannot draw a Poisson number: found mean ${mean}, expected a finite number >= 0`);
  }
  if (mean === 0) return 0;
  return mean < 10 ? poissonByProduct(twister, mean) : poissonByRejection(twister, mean);
}

/** Multiplies uniforms until they fall below exp(-mean). */
function poissonByProduct(twister: Twister, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = drawDouble(twister); product > limit; product *= drawDouble(twister)) count++;
  return count;
}

/** Transformed rejection with squeeze (PTRS). @see Hörmann, Insurance: Mathematics and Economics 12 (1993) 39, 10.1016/0167-6687(93)90997-4 */
function poissonByRejection(twister: Twister, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = drawDouble(twister) - 0.5;
    const v = drawDouble(twister);
    const us = 0.5 - Math.abs(u);
    const k = Math.floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const left = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b);
    if (left <= -mean + k * Math.log(mean) - logFactorial(k)) return k;
  }
}

/** Logarithm of k! by Stirling's series, after stepping up to where the series has converged. */
function logFactorial(k: number): number {
  let x = k + 1;
  let below = 1;
  while (x < 8) below *= x++;
  const r = 1 / (x * x);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360)))))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - Math.log(below);
}

/** Fisher and Yates from the last place down; places are drawn by masking bits and rejecting. */
function drawPermutation(twister: Twister, count: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i >= 1; i--) {
    const mask = 2 ** (32 - Math.clz32(i)) - 1;
    let j = (drawWord(twister) & mask) >>> 0;
    while (j > i) j = (drawWord(twister) & mask) >>> 0;
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
