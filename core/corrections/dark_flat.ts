/** Dark and flat frames: their means, and the correction of frames by them, in double precision. */

import { sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";

/** A frame that others are corrected by. */
export interface CorrectionFrame {
  readonly shape: readonly [number, number];
  /** (y, x). */
  readonly data: Float64Array;
  /** What messages call it, such as `dark frame "dark.h5"`. */
  readonly source: string;
}

/** Frames read by range. */
interface Frames {
  readonly numFrames: number;
  readonly shape: readonly [number, number];
  readonly source: string;
  read(start: number, stop: number): { readonly data: ArrayLike<number | bigint> };
}

/** Mean of all frames, which are read one at a time. @throws {DataError} if there is none */
export function meanFrame(frames: Frames, { what }: { readonly what: string }): CorrectionFrame {
  const data = new Float64Array(sizeOf(frames.shape));
  const source = `${what} ${frames.source}`;
  if (frames.numFrames < 1) {
    throw new DataError(`Cannot use ${source}: found 0 frames, expected at least one`, { source, found: 0 });
  }
  for (let i = 0; i < frames.numFrames; i++) {
    const frame = frames.read(i, i + 1).data;
    for (let at = 0; at < data.length; at++) data[at]! += Number(frame[at]);
  }
  return { shape: frames.shape, data: data.map((sum) => sum / frames.numFrames), source };
}

/** @throws {DataError} if a correction is not of the shape of the frames */
export function assertFits(
  correction: CorrectionFrame | null,
  o: { readonly shape: readonly [number, number]; readonly source: string },
): void {
  if (correction === null || correction.shape.every((n, axis) => n === o.shape[axis])) return;
  throw new DataError(
    `Cannot use ${correction.source}: found shape (${correction.shape.join(", ")}), expected (${
      o.shape.join(", ")
    }), the shape of the frames of ${o.source}`,
    { source: correction.source, found: correction.shape, expected: o.shape },
  );
}

/**
 * Corrects a frame: (raw - dark) / (flat - dark), without the one or the other where there is none; negative results become 0.
 * Pixels whose flat field is not above the dark become NaN, which is refused unless they are masked. Changes `frame`.
 */
export function correctDarkFlat(
  frame: Float64Array,
  { dark, flat }: { readonly dark: CorrectionFrame | null; readonly flat: CorrectionFrame | null },
): void {
  for (let i = 0; i < frame.length; i++) {
    const offset = dark === null ? 0 : dark.data[i]!;
    const gain = flat === null ? 1 : flat.data[i]! - offset;
    frame[i] = gain > 0 ? Math.max(0, (frame[i]! - offset) / gain) : NaN;
  }
}

/** A frame divided by its mean, in which 0 counts as 1: the response of pixels. */
export function relativeResponse(frame: CorrectionFrame): CorrectionFrame {
  const mean = frame.data.reduce((sum, value) => sum + value, 0) / frame.data.length;
  if (!(mean > 0 && mean < Infinity)) {
    throw new DataError(`Cannot use ${frame.source}: found a mean of ${mean}, expected a number above 0`, {
      source: frame.source,
      found: String(mean),
    });
  }
  return { ...frame, data: frame.data.map((value) => value === 0 ? 1 : value / mean) };
}
