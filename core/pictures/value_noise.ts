/** Smooth noise without a generator: the same pattern on every machine, at any position. */

/** Across and down, in the noise's own unit. */
export type Point = readonly [number, number];

/** A number in [0, 1) that depends on two integers and a seed in no visible way. */
export function hashNoise(at: Point, seed: number): number {
  const [x, y] = at;
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Noise in [0, 1) that varies over a distance of 1: hash values of whole numbers, blended smoothly in between. */
export function valueNoise(at: Point, seed: number): number {
  const [x, y] = at;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [tx, ty] = [ease(x - left), ease(y - top)];
  const above = mix(hashNoise([left, top], seed), hashNoise([left + 1, top], seed), tx);
  const below = mix(hashNoise([left, top + 1], seed), hashNoise([left + 1, top + 1], seed), tx);
  return mix(above, below, ty);
}

/**
 * Sum of value noise at `octaves` scales, each half as wide and `gain` times as strong as the one before, scaled to [0, 1).
 * `at` is in units of the widest scale.
 */
export function fractalNoise(
  at: Point,
  o: { readonly seed: number; readonly octaves: number; readonly gain: number },
): number {
  let [sum, total, weight, scale] = [0, 0, 1, 1];
  for (let octave = 0; octave < o.octaves; octave++) {
    sum += weight * valueNoise([at[0] * scale, at[1] * scale], o.seed + octave);
    total += weight;
    weight *= o.gain;
    scale *= 2;
  }
  return sum / total;
}

/** 0 below `low`, 1 above `high`, a smooth cubic in between. */
export function smoothStep(value: number, o: { readonly low: number; readonly high: number }): number {
  return ease(Math.min(1, Math.max(0, (value - o.low) / (o.high - o.low))));
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
