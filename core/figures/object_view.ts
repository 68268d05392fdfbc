/** What of an object is worth showing: its well-scanned part, without the phase ramp and offset that mean nothing. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { addRamp, type ComplexPlane, type PixelRectangle, planeOf } from "../metrics/complex_plane.ts";
import { boundsOf, type Region, type ScanHints, scannedRegion } from "../metrics/scanned_region.ts";
import { spectralPeak } from "../metrics/spectral_peak.ts";

/** A layer of an object, ready to be drawn. */
export interface ObjectView {
  readonly rows: number;
  readonly cols: number;
  /** (y, x), magnitude. */
  readonly amplitude: Float64Array;
  /** (y, x), radians, -pi to pi around the mean. */
  readonly phase: Float64Array;
  /** 1 where the pixel was well scanned: these decide the limits of the colours. */
  readonly scanned: Uint8Array;
  /** What was cut out of the object. */
  readonly crop: PixelRectangle;
  /** What was taken off the phase. */
  readonly level: PhaseLevel;
}

/** A plane that means nothing in a phase. */
export interface PhaseLevel {
  /** (y, x) in cycles per pixel. */
  readonly ramp: readonly [number, number];
  /** Radians at the upper left pixel of the crop. */
  readonly offset: number;
}

/** Fractions of a frequency sample to which a ramp is found: less than a hundredth of a radian across the picture. */
const RAMP_UPSAMPLE = 1024;

/** Cuts a layer to its scanned region and frees its phase of ramp and mean, or of a given level. */
export function objectView(
  object: NdArray,
  options: ScanHints & { layer?: number; region?: Region; level?: PhaseLevel } = {},
): ObjectView {
  return planeView(planeOf(object, options.layer ?? 0), options);
}

/** The same for a plane. */
export function planeView(
  plane: ComplexPlane,
  options: ScanHints & { region?: Region; level?: PhaseLevel } = {},
): ObjectView {
  const region = options.region ?? scannedRegion(plane, options);
  const crop = boundsOf(region);
  const rows = crop.y1 - crop.y0, cols = crop.x1 - crop.x0;
  const scanned = new Uint8Array(rows * cols);
  const cut = new Float64Array(2 * rows * cols), masked = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const from = (y + crop.y0) * plane.cols + x + crop.x0, to = y * cols + x;
      scanned[to] = region.mask[from]!;
      cut.set(plane.data.subarray(2 * from, 2 * from + 2), 2 * to);
      if (scanned[to]) masked.set(cut.subarray(2 * to, 2 * to + 2), 2 * to);
    }
  }
  const level = options.level ?? findLevel({ rows, cols, data: masked });
  const flat = addRamp({ rows, cols, data: cut }, [-level.ramp[0], -level.ramp[1]]);
  return { rows, cols, ...polar(flat, level.offset), scanned, crop, level };
}

function findLevel(plane: ComplexPlane): PhaseLevel {
  const { frequency, value } = spectralPeak(plane, { upsample: RAMP_UPSAMPLE });
  return { ramp: frequency, offset: Math.atan2(value[1], value[0]) };
}

/** The limits between which all but a part of the selected values lie; equal limits are moved apart. */
export function percentileLimits(
  values: Float64Array,
  options: { mask: Uint8Array; outside: number },
): [number, number] {
  const sorted = values.filter((v, i) => options.mask[i] && Number.isFinite(v)).sort();
  if (sorted.length === 0) return [0, 1];
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
  const low = at(options.outside / 2), high = at(1 - options.outside / 2);
  return high > low ? [low, high] : [low - (Math.abs(low) || 1) * 0.05, high + (Math.abs(high) || 1) * 0.05];
}

function polar(plane: ComplexPlane, offset: number): { amplitude: Float64Array; phase: Float64Array } {
  const count = plane.rows * plane.cols;
  const amplitude = new Float64Array(count), phase = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const re = plane.data[2 * i]!, im = plane.data[2 * i + 1]!;
    amplitude[i] = Math.hypot(re, im);
    const angle = Math.atan2(im, re) - offset;
    phase[i] = angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
  }
  return { amplitude, phase };
}
