/** Band-limited images on a finer or a coarser grid over the same field. */

import { createFft2 } from "../fft/fft.ts";

/** A grid, (y, x): its pixels and the index, whole or not, that lies on the axis. */
export interface CentredGrid {
  readonly shape: readonly [number, number];
  readonly origin: readonly [number, number];
}

/**
 * A complex image (y, x) on another grid over the same field, with the same axis. A finer grid interpolates by the Fourier series;
 * a coarser one keeps the frequencies that it has and drops the others. Both ways one after the other give the image back.
 */
export function fourierResample(data: Float64Array, from: CentredGrid, to: CentredGrid): Float64Array {
  const [rows, cols] = from.shape;
  const [toRows, toCols] = to.shape;
  const spectrum = data.slice();
  createFft2(rows, cols).forward(spectrum);
  const down = ties(from, to, 0);
  const across = ties(from, to, 1);
  const result = new Float64Array(2 * toRows * toCols);
  const scale = toRows * toCols / (rows * cols);
  for (const y of down) {
    for (const x of across) {
      const [c, s] = [Math.cos(y.phase + x.phase), Math.sin(y.phase + x.phase)];
      const weight = scale * y.weight * x.weight;
      const [source, target] = [2 * (y.from * cols + x.from), 2 * (y.to * toCols + x.to)];
      const [re, im] = [spectrum[source]!, spectrum[source + 1]!];
      result[target]! += weight * (re * c - im * s);
      result[target + 1]! += weight * (re * s + im * c);
    }
  }
  createFft2(toRows, toCols).inverse(result);
  return result;
}

/** A frequency that both grids have. */
interface Tie {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  /** What keeps the axis in its place. */
  readonly phase: number;
}

function ties(from: CentredGrid, to: CentredGrid, axis: 0 | 1): Tie[] {
  const [n, m] = [from.shape[axis], to.shape[axis]];
  const few = Math.min(n, m);
  // The highest frequency of an even grid stands for both signs: a finer grid gets half of it in each, a coarser one their sum.
  const isShared = (k: number) => 2 * Math.abs(k) === few;
  const share = n <= m ? 0.5 : 1;
  const found: Tie[] = [];
  for (let k = -Math.floor(few / 2); k <= few / 2; k++) {
    const weight = isShared(k) ? share : 1;
    const phase = 2 * Math.PI * k * (from.origin[axis] / n - to.origin[axis] / m);
    found.push({ from: (k + n) % n, to: (k + m) % m, weight, phase });
  }
  return found;
}
