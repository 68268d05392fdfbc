/** Whether an object is matter or its complex conjugate. */

import type { RealArray } from "../../kernels/nd_array.ts";

/** Outer part of the object on each side that few frames cover. */
const MARGIN = 0.2;

/**
 * Correlation of the gradients of phase and log amplitude in the middle of a complex object (y, x), -1 to 1. Matter absorbs and, for
 * X-rays, where n = 1 - delta + i beta, lowers the phase: exp(i k (n - 1) t) has a correlation above 0, its conjugate one below 0.
 * Gradients do not care about the offset and the wraps of the phase, nor, with their mean taken away, about its ramp.
 */
export function matterCorrelation(data: RealArray, [rows, cols]: readonly [number, number]): number {
  const sums = { xx: 0, yy: 0, xy: 0 };
  for (const [dy, dx] of [[0, 1], [1, 0]] as const) {
    const { amplitude, phase } = gradients(data, { rows, cols, dy, dx });
    const [meanA, meanP] = [mean(amplitude), mean(phase)];
    amplitude.forEach((value, i) => {
      const [a, p] = [value - meanA, phase[i]! - meanP];
      sums.xx += a * a;
      sums.yy += p * p;
      sums.xy += a * p;
    });
  }
  const norm = Math.sqrt(sums.xx * sums.yy);
  return norm > 0 ? sums.xy / norm : 0;
}

function gradients(
  data: RealArray,
  { rows, cols, dy, dx }: { readonly rows: number; readonly cols: number; readonly dy: number; readonly dx: number },
): { amplitude: number[]; phase: number[] } {
  const [amplitude, phase]: [number[], number[]] = [[], []];
  for (let y = Math.floor(rows * MARGIN); y < Math.ceil(rows * (1 - MARGIN)) - dy; y++) {
    for (let x = Math.floor(cols * MARGIN); x < Math.ceil(cols * (1 - MARGIN)) - dx; x++) {
      const [here, there] = [2 * (y * cols + x), 2 * ((y + dy) * cols + x + dx)];
      const [a, b, c, d] = [data[here]!, data[here + 1]!, data[there]!, data[there + 1]!];
      const [low, high] = [Math.hypot(a, b), Math.hypot(c, d)];
      if (!(low > 0 && high > 0)) continue;
      amplitude.push(Math.log(high / low));
      phase.push(Math.atan2(d * a - c * b, c * a + d * b));
    }
  }
  return { amplitude, phase };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
