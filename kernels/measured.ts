/** What was measured: intensities and masks of frames, read by range, so that nobody has to hold them all. */

import { ShapeError } from "./errors.ts";
import { type Precision, type RealArray, realArray } from "./nd_array.ts";

/** Frames of one shape. They never change. */
export interface MeasuredFrames {
  readonly frames: number;
  /** Pixels of a frame. */
  readonly points: number;
  readonly precision: Precision;
  /** `frames`, or 1 where all frames share one mask. */
  readonly maskFrames: number;
  /** Copies intensities in photons, (frame, y, x), from frame `first` on into `into`, which holds whole frames. */
  readDiffraction(first: number, into: RealArray): void;
  /** Copies masks, 1 = valid pixel, (frame, y, x), from mask `first` on into `into`, which holds whole masks. */
  readMask(first: number, into: Uint8Array): void;
}

/** Frames as arrays. */
export interface HeldFrames {
  /** Pixels of a frame. */
  readonly points: number;
  /** (frame, y, x), photons. */
  readonly diffraction: RealArray;
  /** 1 = valid pixel, (frame, y, x), or (1, y, x) where all frames share one. */
  readonly mask: Uint8Array;
}

/** Frames that are held in memory. @throws {ShapeError} if the arrays are not whole frames, with one mask each or one for all */
export function heldFrames({ points, diffraction, mask }: HeldFrames): MeasuredFrames {
  const frames = diffraction.length / points;
  const maskFrames = mask.length / points;
  if (!Number.isInteger(frames) || (maskFrames !== frames && maskFrames !== 1)) {
    throw new ShapeError(
      `Cannot hold frames: found ${diffraction.length} intensities and ${mask.length} mask values for frames of ${points} ` +
        "pixels, expected whole frames, and one mask for each or one for all",
    );
  }
  return {
    frames,
    points,
    precision: diffraction instanceof Float32Array ? "single" : "double",
    maskFrames,
    readDiffraction: (first, into) => into.set(diffraction.subarray(first * points, first * points + into.length)),
    readMask: (first, into) => into.set(mask.subarray(first * points, first * points + into.length)),
  };
}

/** A frame of some frames. The arrays are valid until the next one. */
export interface MeasuredFrame {
  readonly frame: number;
  /** (y, x), photons. */
  readonly diffraction: RealArray;
  /** (y, x), 1 = valid pixel. */
  readonly mask: Uint8Array;
}

/** Bytes of intensities that are read at a time. */
const READ_BYTES = 2 ** 21;

/** Visits frames `first` to `end` (exclusive) in their order, all if left out; no more after one for which `visit` gives false. */
export function visitFrames(
  measured: MeasuredFrames,
  visit: (frame: MeasuredFrame) => boolean | void,
  { first = 0, end = measured.frames }: { readonly first?: number; readonly end?: number } = {},
): void {
  const { points, precision, maskFrames } = measured;
  const frameBytes = points * (precision === "single" ? 4 : 8);
  const together = Math.max(1, Math.min(end - first, Math.floor(READ_BYTES / frameBytes)));
  const diffraction = realArray(together * points, precision);
  const mask = new Uint8Array((maskFrames === 1 ? 1 : together) * points);
  if (maskFrames === 1) measured.readMask(0, mask);
  for (let start = first; start < end; start += together) {
    const count = Math.min(together, end - start);
    measured.readDiffraction(start, diffraction.subarray(0, count * points));
    if (maskFrames !== 1) measured.readMask(start, mask.subarray(0, count * points));
    for (let i = 0; i < count; i++) {
      const at = maskFrames === 1 ? 0 : i * points;
      const goesOn = visit({
        frame: start + i,
        diffraction: diffraction.subarray(i * points, (i + 1) * points),
        mask: mask.subarray(at, at + points),
      });
      if (goesOn === false) return;
    }
  }
}

/** All intensities, (frame, y, x), as an array of the caller's own. */
export function allDiffraction(measured: MeasuredFrames): RealArray {
  const all = realArray(measured.frames * measured.points, measured.precision);
  measured.readDiffraction(0, all);
  return all;
}

/** All masks, (frame, y, x) or (1, y, x), as an array of the caller's own. */
export function allMasks(measured: MeasuredFrames): Uint8Array {
  const all = new Uint8Array(measured.maskFrames * measured.points);
  measured.readMask(0, all);
  return all;
}
