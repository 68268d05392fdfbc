/** What a detector makes of the photons that arrive: efficiency, counting noise, wells, digits, gaps. */

import { pairOf } from "../pair.ts";
import type { COUNT_TYPES, DetectorParams } from "../parameters/scandata/detector.ts";
import type { Random } from "../random.ts";
import { DETECTORS, PLAIN_DETECTOR } from "./detector_presets.ts";

/** A detector; see the parameters `detector` for what its numbers mean. */
export interface Detector {
  readonly shape: readonly [number, number] | null;
  readonly modules: readonly [number, number] | null;
  readonly gaps: readonly [number, number];
  readonly qe: number;
  readonly poisson: boolean;
  readonly shot_noise: number;
  readonly full_well: number | null;
  readonly adu: number;
  readonly dtype: typeof COUNT_TYPES[number];
  /** Pixel in metres of a detector that is sold; null for any. */
  readonly psize: number | null;
}

/** A detector from its parameters: the one that they name, or one that counts every photon, with what they say otherwise. */
export function detectorOf(p: string | DetectorParams): Detector {
  if (typeof p === "string") return DETECTORS[p as keyof typeof DETECTORS];
  const { name, shape, modules, gaps, ...rest } = p;
  const known = name === null ? PLAIN_DETECTOR : DETECTORS[name];
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)) as Partial<Detector>;
  return {
    ...known,
    ...given,
    shape: shape === null ? known.shape : pairOf(shape),
    modules: modules === null ? known.modules : pairOf(modules),
    gaps: gaps === null ? known.gaps : pairOf(gaps),
  };
}

/**
 * Which pixels of a frame the detector has, (y, x), 1 = a pixel, 0 = a gap between modules or beyond the edge. The middle pixels
 * of both, n // 2, are the same one.
 */
export function detectorWeight(
  { shape, modules, gaps }: Detector,
  [rows, cols]: readonly [number, number],
): Uint8Array {
  const full = shape ?? [rows, cols];
  const isThere = (axis: 0 | 1, length: number) =>
    Array.from({ length }, (_, i) => {
      const at = i - Math.floor(length / 2) + Math.floor(full[axis] / 2);
      if (at < 0 || at >= full[axis]) return false;
      return modules === null || at % (modules[axis] + gaps[axis]) < modules[axis];
    });
  const [vertical, horizontal] = [isThere(0, rows), isThere(1, cols)];
  return Uint8Array.from({ length: rows * cols }, (_, i) => {
    return vertical[Math.floor(i / cols)]! && horizontal[i % cols]! ? 1 : 0;
  });
}

/** Greatest number that a type of whole numbers holds; Infinity for floats. */
const GREATEST: Readonly<Record<Detector["dtype"], number>> = {
  uint8: 2 ** 8 - 1,
  uint16: 2 ** 16 - 1,
  uint32: 2 ** 32 - 1,
  int16: 2 ** 15 - 1,
  int32: 2 ** 31 - 1,
  float32: Infinity,
  float64: Infinity,
};

/**
 * Turns mean photons into stored counts. Changes `frame` and `weight`.
 *
 * A pixel counts Poisson(qe * photons) and the modulus of its readout noise; what exceeds the well is clipped; whole units of
 * `adu` photons are stored, clipped to what the type holds. A clipped pixel is masked: it says no more than that there were many.
 * Pixels of weight 0 are 0. Every pixel takes its draws, in row-major order, whether or not it is valid.
 *
 * frame   (y, x)  photons, then counts
 * weight  (y, x)  1 = valid pixel
 */
export function detect(
  frame: Float64Array,
  weight: Uint8Array,
  { detector, random }: { readonly detector: Detector; readonly random: Random },
): void {
  const { qe, poisson, shot_noise, full_well, adu, dtype } = detector;
  const most = GREATEST[dtype];
  const isWhole = most < Infinity;
  for (let i = 0; i < frame.length; i++) {
    let count = qe * frame[i]!;
    if (poisson) count = random.poisson(count);
    if (shot_noise > 0) count += Math.abs(random.normal(0, shot_noise));
    if (full_well !== null && count > full_well) {
      count = full_well;
      weight[i] = 0;
    }
    count = isWhole ? Math.floor(count / adu) : count / adu;
    if (count > most) {
      count = most;
      weight[i] = 0;
    }
    frame[i] = count;
  }
}
