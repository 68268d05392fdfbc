/** Cuts or extends a frame so that the optical axis comes to its middle. */

import type { ElementArray } from "../../kernels/nd_array.ts";
import type { FrameShape } from "./center.ts";

/** Which part of a raw frame becomes the new frame. */
export interface CropWindow {
  /** Shape of the raw frame. */
  readonly from: FrameShape;
  /** Shape of the new frame. */
  readonly to: FrameShape;
  /** Raw pixel (y, x) that becomes pixel (0, 0); negative where the new frame begins with padding. */
  readonly corner: readonly [number, number];
  /** The axis in pixels of the new frame: always its middle, n // 2. */
  readonly center: readonly [number, number];
}

/**
 * The window of shape `to` around `center` (y, x) in raw pixels, which is first rounded to a whole pixel, halves to the even
 * one.
 *
 * @see PtyPy 0.4: PtyScan and crop_pad_symmetric_2d
 */
export function cropWindow(from: FrameShape, to: FrameShape, center: readonly [number, number]): CropWindow {
  const middle = [Math.floor(to[0] / 2), Math.floor(to[1] / 2)] as const;
  return {
    from,
    to,
    corner: [roundHalfEven(center[0]) - middle[0], roundHalfEven(center[1]) - middle[1]],
    center: middle,
  };
}

/**
 * Fills `out` (y, x) with the window of the raw frame that begins at element `start`; pixels outside the raw frame become 0.
 * Elements become numbers, whatever their type.
 */
export function cropPad(out: Float64Array, frames: ElementArray, o: CropWindow & { readonly start: number }): void {
  const [rows, cols] = o.to;
  const [top, left] = o.corner;
  const firstX = Math.max(0, -left);
  const lastX = Math.min(cols, o.from[1] - left);
  out.fill(0);
  for (let y = Math.max(0, -top); y < Math.min(rows, o.from[0] - top); y++) {
    const source = o.start + (y + top) * o.from[1] + left;
    for (let x = firstX; x < lastX; x++) out[y * cols + x] = Number(frames[source + x]!);
  }
}

/** Rounds to the nearest integer, halves to the even one, as numpy does. */
export function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}
