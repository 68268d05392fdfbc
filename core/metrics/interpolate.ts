/** A picture moved by a fraction of a pixel, with its slope: windowed-sinc interpolation, so that edges ring only nearby. */

import type { ComplexPlane } from "./complex_plane.ts";

/** Taps on each side: long enough to keep 90 % of the band of a reconstruction. */
const REACH = 8;
/** Shape of the Kaiser window; side lobes below -70 dB. */
const KAISER_BETA = 7;
/** Step in pixels for the slope of the taps. */
const SLOPE_STEP = 1e-4;

/** A moved picture on another grid. */
export interface Shifted {
  /** (y, x) complex, `b(r - shift)`. */
  readonly value: Float64Array;
  /** Its derivative by shift[0], where asked for. */
  readonly dy?: Float64Array;
  /** Its derivative by shift[1], where asked for. */
  readonly dx?: Float64Array;
  /** 1 where `r - shift` lies inside the picture. */
  readonly inside: Uint8Array;
}

/**
 * Evaluates `b(r - shift)` for the pixels r of a grid of `rows` times `cols`. A whole-pixel shift copies exactly. Outside of
 * the picture its edge pixels repeat.
 */
export function shifted(
  b: ComplexPlane,
  shift: readonly [number, number],
  options: { rows: number; cols: number; slopes?: boolean },
): Shifted {
  const { rows, cols } = options;
  const y = axis(shift[0], rows, b.rows), x = axis(shift[1], cols, b.cols);
  const inside = new Uint8Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) inside[r * cols + c] = y.inside[r]! & x.inside[c]!;
  }
  const along = convolveRows(b, x.index, x.taps);
  const value = convolveCols(along, cols, { index: y.index, taps: y.taps });
  if (!options.slopes) return { value, inside };
  const slopeX = convolveRows(b, x.index, x.slope);
  return {
    value,
    dy: convolveCols(along, cols, { index: y.index, taps: y.slope }),
    dx: convolveCols(slopeX, cols, { index: y.index, taps: y.taps }),
    inside,
  };
}

interface Axis {
  /** First source pixel of every target pixel; taps follow. */
  readonly index: Int32Array;
  readonly taps: Float64Array;
  readonly slope: Float64Array;
  readonly inside: Uint8Array;
}

function axis(shift: number, count: number, sourceCount: number): Axis {
  const whole = Math.floor(-shift);
  const fraction = -shift - whole;
  const index = Int32Array.from({ length: count }, (_, i) => i + whole - REACH + 1);
  const inside = Uint8Array.from({ length: count }, (_, i) => {
    const at = i - shift;
    return at >= -1e-9 && at <= sourceCount - 1 + 1e-9 ? 1 : 0;
  });
  const above = taps(fraction + SLOPE_STEP), below = taps(fraction - SLOPE_STEP);
  // The sample moves against the shift, hence the sign.
  const slope = above.map((v, i) => -(v - below[i]!) / (2 * SLOPE_STEP));
  return { index, taps: taps(fraction), slope, inside };
}

/** Weights of source pixels -REACH + 1 .. REACH around the position `fraction`. */
function taps(fraction: number): Float64Array {
  const out = Float64Array.from({ length: 2 * REACH }, (_, i) => {
    const t = fraction - (i - REACH + 1);
    const u = 1 - (t / REACH) ** 2;
    if (u <= 0) return 0;
    const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
    return sinc * bessel0(KAISER_BETA * Math.sqrt(u)) / bessel0(KAISER_BETA);
  });
  // A whole-pixel position must copy, and a constant must stay one.
  if (Math.abs(fraction) < 1e-14) return out.fill(0).fill(1, REACH - 1, REACH);
  const sum = out.reduce((a, v) => a + v, 0);
  return out.map((v) => v / sum);
}

/** Modified Bessel function of order 0, by its power series. */
function bessel0(x: number): number {
  let term = 1, sum = 1;
  for (let k = 1; k < 60 && term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function convolveRows(b: ComplexPlane, index: Int32Array, weights: Float64Array): ComplexPlane {
  const cols = index.length;
  const data = new Float64Array(2 * b.rows * cols);
  for (let x = 0; x < cols; x++) {
    for (let k = 0; k < weights.length; k++) {
      const w = weights[k]!;
      if (w === 0) continue;
      const from = Math.min(b.cols - 1, Math.max(0, index[x]! + k));
      for (let y = 0; y < b.rows; y++) {
        const i = 2 * (y * b.cols + from), o = 2 * (y * cols + x);
        data[o] = data[o]! + w * b.data[i]!;
        data[o + 1] = data[o + 1]! + w * b.data[i + 1]!;
      }
    }
  }
  return { rows: b.rows, cols, data };
}

function convolveCols(plane: ComplexPlane, cols: number, by: { index: Int32Array; taps: Float64Array }): Float64Array {
  const out = new Float64Array(2 * by.index.length * cols);
  for (let y = 0; y < by.index.length; y++) {
    for (let k = 0; k < by.taps.length; k++) {
      const w = by.taps[k]!;
      if (w === 0) continue;
      const from = 2 * cols * Math.min(plane.rows - 1, Math.max(0, by.index[y]! + k));
      const to = 2 * cols * y;
      for (let i = 0; i < 2 * cols; i++) out[to + i] = out[to + i]! + w * plane.data[from + i]!;
    }
  }
  return out;
}
