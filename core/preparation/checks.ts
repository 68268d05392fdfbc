/** What preparation refuses in a source, each with the frame, what was found and what to do. */

import type { ElementArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";

/** One frame inside an array of several. */
export interface FrameAt {
  /** Element where the frame begins. */
  readonly start: number;
  readonly pixels: number;
  readonly cols: number;
  readonly valid: (pixel: number) => boolean;
  /** Number of the frame in the source, for the message. */
  readonly frame: number;
  /** What the message calls the source. */
  readonly source: string;
}

/**
 * Refuses counts that cannot be photons.
 *
 * @throws {DataError} at the first valid pixel that is negative, NaN or infinite; masked pixels may hold anything
 */
export function assertCounts(frames: ElementArray, o: FrameAt): void {
  for (let pixel = 0; pixel < o.pixels; pixel++) {
    const value = Number(frames[o.start + pixel]!);
    if (value >= 0 && value < Infinity) continue;
    if (!o.valid(pixel)) continue;
    const [y, x] = [Math.floor(pixel / o.cols), pixel % o.cols];
    const remedy = Number.isFinite(value) ? "clip the data at 0 or mask the pixel" : "mask the pixel";
    throw new DataError(
      `Cannot use frame ${o.frame} of ${o.source}: found ${value} at valid pixel (${y}, ${x}), expected counts >= 0; ${remedy}`,
      { source: o.source, frame: o.frame, pixel: [y, x], found: String(value), expected: ">= 0" },
    );
  }
}

/** @throws {DataError} if no pixel of the prepared mask is valid */
export function assertSomeValid(mask: Uint8Array, o: { readonly frame: number; readonly source: string }): void {
  if (mask.includes(1)) return;
  throw new DataError(
    `Cannot use frame ${o.frame} of ${o.source}: found all ${mask.length} pixels masked, expected some valid ones; check the mask, data.center and data.shape`,
    { source: o.source, frame: o.frame, found: 0, expected: "> 0" },
  );
}

/** @throws {DataError} if a position is NaN or infinite; `positions` is (frame, 2) */
export function assertPositions(positions: Float64Array, source: string): void {
  const at = positions.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new DataError(
    `Cannot use positions of ${source}: found ${positions[at]} at frame ${
      at >> 1
    }, expected metres; leave the frame out`,
    { source, frame: at >> 1, found: String(positions[at]), expected: "a finite number" },
  );
}

/**
 * Refuses a source without frames, or whose frames and positions cannot be paired.
 *
 * @throws {DataError} if there is none, or if frames and positions differ in number
 */
export function assertFrames(o: { frames: number; positions: Float64Array | null; source: string }): void {
  if (o.frames < 1) {
    throw new DataError(`Cannot prepare ${o.source}: found 0 frames, expected at least one`, {
      source: o.source,
      found: 0,
      expected: ">= 1",
    });
  }
  if (o.positions !== null && o.positions.length !== 2 * o.frames) {
    const found = o.positions.length / 2;
    throw new DataError(
      `Cannot prepare ${o.source}: found ${found} positions for ${o.frames} frames, expected as many positions as frames; correct the source or give data.positions_theory`,
      { source: o.source, found, expected: o.frames },
    );
  }
}
