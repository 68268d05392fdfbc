/** A first object from counts and centroids: transmission and differential phase contrast. */

import type { Geometry } from "../geometry.ts";
import type { FrameStatistics } from "./frame_statistics.ts";
import { integrateGradient } from "./integrate_gradient.ts";

/** A scan whose frames were looked at. */
export interface AnalysedScan {
  readonly geometry: Geometry;
  readonly statistics: FrameStatistics;
  /** First pixel of each view on the object, (frame, 2), row then column; views may lie outside. */
  readonly origins: Int32Array;
}

/** Where the object is and what lights a view. */
export interface StxmPlane {
  readonly shape: readonly [number, number];
  /** Complex, (mode, y, x), of the shape of a frame. */
  readonly probe: ArrayLike<number>;
}

/** An object with holes. */
export interface StxmObject {
  /** Complex, (y, x). */
  readonly data: Float64Array;
  /** 1 for pixels that some view lights. */
  readonly isCovered: Uint8Array;
}

/** Light below this fraction of a view's brightest pixel says nothing of the object. */
const DARK = 1e-3;

/**
 * A pixel's amplitude is the mean over the views that light it, weighed by the probe's intensity there, of the root of a frame's
 * photons over those of the brightest. Its phase gradient is the same mean of 2 pi / (lam z) times the distance of a frame's
 * centroid from the mean centroid: a gradient of the whole object is one of the probe as well. The gradient is integrated.
 *
 * @see Thibault et al., Science 321 (2008) 379, 10.1126/science.1158573, for STXM as the start of ptychography
 * @see Menzel et al., Ultramicroscopy 110 (2010) 1143, 10.1016/j.ultramic.2010.04.007, for transmission and phase from frames
 */
export function stxmObject(scan: AnalysedScan, plane: StxmPlane): StxmObject {
  const [rows, cols] = plane.shape;
  const { weight, amplitude, down, across } = meansOf(scan, plane);
  const phase = integrateGradient({ rows, cols, down, across });
  const data = new Float64Array(2 * rows * cols);
  const isCovered = Uint8Array.from(weight, (w) => w > 0 ? 1 : 0);
  const middle = meanOver(phase, isCovered);
  for (let i = 0; i < phase.length; i++) {
    data[2 * i] = amplitude[i]! * Math.cos(phase[i]! - middle);
    data[2 * i + 1] = amplitude[i]! * Math.sin(phase[i]! - middle);
  }
  return { data, isCovered };
}

type Maps = Record<"weight" | "amplitude" | "down" | "across", Float64Array>;

function meansOf(scan: AnalysedScan, { shape: [rows, cols], probe }: StxmPlane): Maps {
  const [height, width] = scan.geometry.shape;
  const light = lightOf(probe, height * width);
  const values = valuesOf(scan);
  const map = () => new Float64Array(rows * cols);
  const maps: Maps = { weight: map(), amplitude: map(), down: map(), across: map() };
  for (let frame = 0; frame < values.amplitude.length; frame++) {
    const [top, left] = [scan.origins[2 * frame]!, scan.origins[2 * frame + 1]!];
    for (let y = Math.max(0, -top); y < Math.min(height, rows - top); y++) {
      for (let x = Math.max(0, -left); x < Math.min(width, cols - left); x++) {
        const w = light[y * width + x]!;
        const at = (top + y) * cols + left + x;
        maps.weight[at]! += w;
        maps.amplitude[at]! += w * values.amplitude[frame]!;
        maps.down[at]! += w * values.down[frame]!;
        maps.across[at]! += w * values.across[frame]!;
      }
    }
  }
  for (let i = 0; i < rows * cols; i++) {
    const w = maps.weight[i]!;
    if (w === 0) continue;
    maps.amplitude[i]! /= w;
    maps.down[i]! /= w;
    maps.across[i]! /= w;
  }
  return maps;
}

/** Amplitude and phase gradients, in radians per pixel of the object, of each frame. */
function valuesOf({ geometry, statistics: { photons, centroids } }: AnalysedScan): Omit<Maps, "weight"> {
  const { psize, resolution, lam, distance } = geometry;
  const brightest = photons.reduce((most, n) => Math.max(most, n), 0);
  const gradient = (axis: 0 | 1) => {
    const own = Float64Array.from(photons, (_, frame) => centroids[2 * frame + axis]!);
    const lit = own.filter(Number.isFinite);
    const mean = lit.reduce((sum, c) => sum + c, 0) / lit.length;
    const unit = 2 * Math.PI * psize[axis] * resolution[axis] / (lam * distance);
    return own.map((c) => Number.isFinite(c) ? (c - mean) * unit : 0);
  };
  return { amplitude: photons.map((n) => Math.sqrt(n / brightest)), down: gradient(0), across: gradient(1) };
}

/** Intensity of all modes, (y, x), over that of the brightest pixel; 0 where it is dark. */
function lightOf(probe: ArrayLike<number>, pixels: number): Float64Array {
  const light = new Float64Array(pixels);
  for (let i = 0; i < probe.length / 2; i++) light[i % pixels]! += probe[2 * i]! ** 2 + probe[2 * i + 1]! ** 2;
  const brightest = light.reduce((most, v) => Math.max(most, v), 0);
  return light.map((v) => v > DARK * brightest ? v / brightest : 0);
}

function meanOver(values: Float64Array, isCounted: Uint8Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (isCounted[i] === 0) continue;
    sum += values[i]!;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
