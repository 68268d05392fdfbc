/** A look at some frames: counts, mask and mean pattern, whatever they come from. */

import type { NdArray } from "../../kernels/nd_array.ts";

/** Least and greatest value. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Where frames come from. */
export interface FrameSource {
  readonly numFrames: number;
  /** (y, x) */
  readonly shape: readonly [number, number];
  /** Weight for all frames, (y, x), > 0 valid; null where there is none. */
  readonly weight: NdArray | null;
  /** Frames `start` to `stop` (exclusive), (frame, y, x), valid until the next call; weights where they have their own. */
  frames(start: number, stop: number): { readonly data: NdArray; readonly weights?: NdArray };
}

/** What was seen. */
export interface FrameLook {
  readonly dtype: string;
  /** Counts at valid pixels. */
  readonly counts: Range & { readonly meanPerFrame: number };
  readonly validFraction: number;
  readonly framesLookedAt: number;
  /** Mean over the frames at valid pixels, (y, x); NaN where no frame has one. */
  readonly mean: Float64Array;
}

/** Most bytes of frames that are read, as if each count had 16. */
const LOOK_BYTES = 1 << 28;

/** The same, at a time. */
const STEP_BYTES = 1 << 25;

/** Looks at the first frames, as many as are read in a moment. */
export function lookAtFrames(source: FrameSource): FrameLook {
  const pixels = source.shape[0] * source.shape[1];
  const looked = Math.max(1, Math.min(source.numFrames, Math.floor(LOOK_BYTES / (16 * pixels))));
  const step = Math.max(1, Math.floor(STEP_BYTES / (16 * pixels)));
  const sums = { min: Infinity, max: -Infinity, sum: 0, valid: 0, dtype: "" };
  const mean = new Float64Array(pixels);
  const times = new Float64Array(pixels);
  for (let start = 0; start < looked; start += step) {
    const { data, weights } = source.frames(start, Math.min(looked, start + step));
    const weight = weights?.data ?? alike(source.weight, pixels);
    sums.dtype = data.dtype;
    for (let i = 0; i < data.data.length; i++) {
      const pixel = i % pixels;
      if (weight && !(weight[weights ? i : pixel]! > 0)) continue;
      const count = Number(data.data[i]!);
      if (count < sums.min) sums.min = count;
      if (count > sums.max) sums.max = count;
      sums.sum += count;
      sums.valid++;
      mean[pixel]! += count;
      times[pixel]!++;
    }
  }
  const { min, max, sum, valid, dtype } = sums;
  return {
    dtype,
    counts: { min, max, meanPerFrame: sum / looked },
    validFraction: valid / (looked * pixels),
    framesLookedAt: looked,
    mean: mean.map((value, pixel) => value / times[pixel]!),
  };
}

/** Weights of the frames' own shape; others are for frames that were cropped. */
function alike(weight: NdArray | null, pixels: number): NdArray["data"] | null {
  return weight?.data.length === pixels ? weight.data : null;
}

/** Least and greatest of some values. */
export function rangeOf(values: Float64Array): Range {
  return {
    min: values.reduce((a, b) => Math.min(a, b), Infinity),
    max: values.reduce((a, b) => Math.max(a, b), -Infinity),
  };
}
