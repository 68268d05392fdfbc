/**
 * Raw frames to counts: minus the dark field, divided by the flat field and by the normalisation, in double precision whatever the
 * detector wrote; and the mask with them. Pixels whose flat field is not positive say nothing and are masked, and so are saturated
 * ones; counts that the dark field makes negative become 0.
 */

import type { ElementArray, NdArray } from "../../kernels/nd_array.ts";
import { sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import type { RawFrames } from "./loader.ts";
import { saturatedValues } from "./saturated.ts";

/** A value for every pixel: the same for all frames, or another for each. */
export interface FrameField {
  /** What messages call it: file and data set. */
  readonly source: string;
  /** (y, x) for all frames; null where each has its own. */
  readonly common: ElementArray | null;
  /** (frame, y, x) of the frames of these numbers; valid until the next call. */
  read(numbers: ArrayLike<number>): ElementArray;
}

/** What is done to frames. */
export interface Corrections {
  readonly dark: FrameField | null;
  readonly flat: FrameField | null;
  /** By which each frame is divided, by its number; or each pixel. */
  readonly normalisation: Float64Array | FrameField | null;
  /** > 0 valid. */
  readonly mask: FrameField | null;
  /** Whether it is <= 0 that is valid. */
  readonly isMaskInverted: boolean;
  /** From which count on a raw pixel is masked: 0 for never, null for what its type says; see `saturatedValues`. */
  readonly saturation: number | null;
  /** Masked pixels around: top, bottom, left, right. */
  readonly padding: readonly [number, number, number, number];
}

/** Corrects frames of (y, x) `shape`. */
export interface FrameCorrector {
  /** (y, x) of corrected frames. */
  readonly shape: readonly [number, number];
  /** Mask of all frames, 1 = valid; null where each has its own, or all pixels are valid. */
  readonly weight: NdArray<Uint8Array> | null;
  /** Corrects frames of these numbers; the result is valid until the next call. */
  correct(frames: NdArray, numbers: ArrayLike<number>): RawFrames;
}

/** A corrector of frames of (y, x) `shape`. */
export function createCorrector(shape: readonly [number, number], c: Corrections): FrameCorrector {
  const [top, bottom, left, right] = c.padding;
  const padded = [shape[0] + top + bottom, shape[1] + left + right] as const;
  const isPadded = c.padding.some((n) => n > 0);
  const isDivided = c.dark !== null || c.flat !== null || c.normalisation !== null;
  const masks = [c.mask, c.flat, isField(c.normalisation) ? c.normalisation : null].filter((field) => field !== null);
  const isCommon = masks.every((field) => field.common !== null);
  const pad = padder(shape, { padded, corner: [top, left] });
  const weigh = (numbers: ArrayLike<number>, isSaturated: SaturatedPixel | null): NdArray<Uint8Array> => {
    const valid = validPixels(numbers, { pixels: sizeOf(shape), corrections: c });
    if (isSaturated !== null) { for (let i = 0; i < valid.length; i++) if (isSaturated(i)) valid[i] = 0; }
    const data = isPadded ? pad(valid, numbers.length, new Uint8Array(numbers.length * sizeOf(padded))) : valid;
    return { dtype: "uint8", shape: [numbers.length, ...padded], data };
  };
  const common = isCommon && (masks.length > 0 || isPadded) ? weigh([0], null) : null;
  return {
    shape: padded,
    weight: common === null ? null : { ...common, shape: padded },
    correct(frames, numbers) {
      const counts = isDivided ? correctCounts(frames, { numbers, corrections: c }) : frames;
      const data = isPadded ? paddedArray(counts, { padded, pad }) : counts;
      const isSaturated = saturatedPixels(frames, c.saturation);
      return isCommon && isSaturated === null ? { data } : { data, weights: weigh(numbers, isSaturated) };
    },
  };
}

type SaturatedPixel = (index: number) => boolean;

/** Tells which raw pixels are saturated; null if none is. */
function saturatedPixels({ dtype, data }: NdArray, saturation: number | null): SaturatedPixel | null {
  const isNoCount = saturatedValues(dtype, saturation);
  if (isNoCount === null) return null;
  const isSaturated: SaturatedPixel = (i) => isNoCount(Number(data[i]!));
  for (let i = 0; i < data.length; i++) if (isSaturated(i)) return isSaturated;
  return null;
}

function isField(value: Float64Array | FrameField | null): value is FrameField {
  return value !== null && !(value instanceof Float64Array);
}

function correctCounts(
  frames: NdArray,
  { numbers, corrections: { dark, flat, normalisation } }: { numbers: ArrayLike<number>; corrections: Corrections },
): NdArray {
  const { data: raw } = frames;
  const data = new Float64Array(raw.length);
  for (let i = 0; i < data.length; i++) data[i] = Number(raw[i]);
  if (dark !== null) {
    eachPixel(data, { field: dark, numbers, apply: (count, background) => Math.max(0, count - background) });
  }
  for (const field of [flat, isField(normalisation) ? normalisation : null]) {
    if (field !== null) eachPixel(data, { field, numbers, apply: (count, gain) => gain > 0 ? count / gain : 0 });
  }
  if (normalisation instanceof Float64Array) {
    const pixels = data.length / numbers.length;
    for (let frame = 0; frame < numbers.length; frame++) {
      const divisor = normalisation[numbers[frame]!]!;
      for (let i = frame * pixels; i < (frame + 1) * pixels; i++) data[i]! /= divisor;
    }
  }
  return { dtype: "float64", shape: frames.shape, data };
}

interface EachPixel {
  readonly field: FrameField;
  readonly numbers: ArrayLike<number>;
  apply(count: number, value: number): number;
}

function eachPixel(data: Float64Array, { field, numbers, apply }: EachPixel): void {
  const values = field.common ?? field.read(numbers);
  const period = field.common === null ? data.length : field.common.length;
  for (let start = 0; start < data.length; start += period) {
    for (let i = 0; i < period; i++) data[start + i] = apply(data[start + i]!, Number(values[i]));
  }
}

/** Masks of frames: 1 where the mask and every divisor say so. */
function validPixels(
  numbers: ArrayLike<number>,
  { pixels, corrections: c }: { pixels: number; corrections: Corrections },
): Uint8Array<ArrayBuffer> {
  const valid = new Uint8Array(numbers.length * pixels).fill(1);
  const keep = (field: FrameField | null, isValid: (value: number) => boolean) => {
    if (field === null) return;
    const values = field.common ?? field.read(numbers);
    const period = field.common === null ? valid.length : pixels;
    for (let i = 0; i < valid.length; i++) if (!isValid(Number(values[i % period]))) valid[i] = 0;
  };
  keep(c.mask, c.isMaskInverted ? (value) => value <= 0 : (value) => value > 0);
  keep(c.flat, (gain) => gain > 0 && gain < Infinity);
  keep(isField(c.normalisation) ? c.normalisation : null, (gain) => gain > 0 && gain < Infinity);
  return valid;
}

type Pad = <A extends ElementArray>(frames: ElementArray, count: number, into: A) => A;

function padder(
  [rows, cols]: readonly [number, number],
  { padded, corner }: { padded: readonly [number, number]; corner: readonly [number, number] },
): Pad {
  return (frames, count, into) => {
    for (let frame = 0; frame < count; frame++) {
      for (let y = 0; y < rows; y++) {
        const from = (frame * rows + y) * cols;
        const to = (frame * padded[0] + y + corner[0]) * padded[1] + corner[1];
        // Both are of one element type.
        (into as Float64Array).set(frames.subarray(from, from + cols) as Float64Array, to);
      }
    }
    return into;
  };
}

function paddedArray(frames: NdArray, { padded, pad }: { padded: readonly [number, number]; pad: Pad }): NdArray {
  const count = frames.shape[0]!;
  const Type = frames.data.constructor as new (length: number) => ElementArray;
  const data = pad(frames.data, count, new Type(count * sizeOf(padded)));
  return { dtype: frames.dtype, shape: [count, ...padded], data };
}

/** @throws {DataError} if a frame that is used cannot be divided by its value */
export function checkDivisors(values: Float64Array, o: { readonly used: Int32Array; readonly source: string }): void {
  const at = o.used.find((frame) => !(values[frame]! > 0 && values[frame]! < Infinity));
  if (at === undefined) return;
  throw new DataError(
    `Cannot divide frames by ${o.source}: found ${
      values[at]
    } for frame ${at}, expected numbers above 0; leave the frame out with ` +
      "data.framefilter",
    { source: o.source, frame: at, found: String(values[at]), expected: "> 0" },
  );
}
