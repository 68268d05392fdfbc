/** The far field of a wave on a grid that does not match the detector: one matrix per axis, exact for any ratio of the pixels. */

import type { Geometry } from "../geometry.ts";
import { resolveCenter } from "../preparation/center.ts";
import { axisGrid, phaseFactor } from "./grid.ts";

/** Misfits below this, in pixels, are rounding: 1e-6 of a pixel at the edge of the frame. */
const NO_MISFIT = 1e-6;

/** Factors of a scaled far field, complex. */
export interface ScaledFarField {
  /** (detector, sample) along either axis, the Fresnel phase of the sample included. */
  readonly y: Float64Array;
  readonly x: Float64Array;
  /** Phase on the detector, (y, x). */
  readonly post: Float64Array;
}

/** Whether the sample pixel of a geometry is not the one that a Fourier transform of the frame leads to. */
export function hasMisfit({ propagation, misfit }: Geometry): boolean {
  return propagation === "farfield" && misfit.some((pixels) => Math.abs(pixels) > NO_MISFIT);
}

/**
 * Factors with `fw(w) = post * (y w x^T)`: the far field at the detector's pixels, V = (v - center) psize, of a wave at the sample's
 * pixels, X = (u - origin) resolution, as the sum that the Fourier transform is for pixels that match,
 *
 * y[v, u] = exp(i pi X^2 / (lam z)) exp(-2 pi i X V / (lam z)) / sqrt(period),  period = lam z / (resolution psize)
 *
 * The period is how many sample pixels the detector's sampling tells apart. Where it is larger than the frame (a longer wavelength),
 * waves that leave at steep angles pass the detector by. Where it is smaller, what lies outside a period around the axis would fold
 * over and is taken as 0, at the sample as at the detector.
 *
 * @see Soummer et al., Optics Express 15 (2007) 15935, 10.1364/OE.15.015935, section 2
 * @see Goodman, Introduction to Fourier Optics, 3rd ed. (2005), eq. 4-17
 */
export function scaledFarField(geometry: Geometry): ScaledFarField {
  const center = resolveCenter(geometry.center, geometry.shape);
  const origin = resolveCenter(geometry.origin, geometry.shape);
  const [y, x] = ([0, 1] as const).map((axis) =>
    axisFactors(geometry, axis, { center: center[axis], origin: origin[axis] })
  );
  return { y: y!.matrix, x: x!.matrix, post: phaseFactor(y!.post, x!.post) };
}

function axisFactors(
  { shape, lam, distance, psize, resolution }: Geometry,
  axis: 0 | 1,
  { center, origin }: Record<"center" | "origin", number>,
): { readonly matrix: Float64Array; readonly post: Float64Array } {
  const count = shape[axis];
  const lz = lam * distance;
  const period = lz / (resolution[axis] * psize[axis]);
  const x = gridAround(count, { origin, pixel: resolution[axis] });
  const v = gridAround(count, { origin: center, pixel: psize[axis] });
  const scale = 1 / Math.sqrt(period);
  const [seenV, seenX] = [withinPeriod(v, psize[axis], period), withinPeriod(x, resolution[axis], period)];
  const matrix = new Float64Array(2 * count * count);
  for (let i = 0; i < count; i++) {
    if (!seenV[i]) continue;
    for (let j = 0; j < count; j++) {
      if (!seenX[j]) continue;
      const phase = Math.PI * x[j]! * (x[j]! - 2 * v[i]!) / lz;
      matrix[2 * (i * count + j)] = scale * Math.cos(phase);
      matrix[2 * (i * count + j) + 1] = scale * Math.sin(phase);
    }
  }
  return { matrix, post: v.map((a) => Math.PI * a * a / lz) };
}

/**
 * Marks as many pixels around the axis as a period has, or all if it has more. Were there more of them, what is seen twice would come
 * back twice as strong, and projections would overshoot; so no wave comes back more than 1.5 times as strong.
 */
function withinPeriod(at: Float64Array, pixel: number, period: number): boolean[] {
  const most = Math.min(at.length, Math.floor(period + NO_MISFIT));
  const nearest = Array.from(at, (_, i) => i).sort((a, b) =>
    // Of two as near the one below the axis, as the pixels of a transform lie.
    Math.abs(at[a]! + pixel / 4) - Math.abs(at[b]! + pixel / 4)
  );
  const seen = Array.from(at, () => false);
  for (const i of nearest.slice(0, most)) seen[i] = true;
  return seen;
}

/** Coordinates that wrap around only where the axis is at the corner, as that of a transform is. */
function gridAround(
  count: number,
  { origin, pixel }: { readonly origin: number; readonly pixel: number },
): Float64Array {
  if (origin === 0) return axisGrid(count, { origin, pixel });
  return Float64Array.from({ length: count }, (_, i) => (i - origin) * pixel);
}
