/** Where the optical axis meets the frame: PtyPy's centre words, numbers, and the centre of mass. */

import type { ElementArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";

/** A centre along one axis: a PtyPy word, or pixels. */
export type CenterValue = string | number;

/** Rows and columns of a frame, in pixels. */
export type FrameShape = readonly [number, number];

/**
 * The centre in pixels (y, x) of a frame of `shape` that a word or two values stand for: `fftshift` is n // 2, `geometric` is
 * n / 2 - 0.5, `fft` is 0, and a number is taken modulo n, so that -1 is the last pixel.
 *
 * @throws {RangeError} for another word, or for anything but one word or two values
 * @see PtyPy 0.4: expect2 and translate_to_pix
 */
export function resolveCenter(center: CenterValue | readonly CenterValue[], shape: FrameShape): [number, number] {
  const pair = typeof center === "object" ? center : [center, center];
  if (pair.length !== 2) {
    throw new RangeError(`Cannot use centre: found ${pair.length} values, expected a word or two values (y, x)`);
  }
  return [resolveAxis(pair[0]!, shape[0]), resolveAxis(pair[1]!, shape[1])];
}

/**
 * Refuses a centre on or outside the edge of the frame.
 *
 * @throws {DataError} if not 0 < centre < n on both axes
 */
export function assertInside(center: readonly [number, number], shape: FrameShape): void {
  if (center.every((c, axis) => c > 0 && c < shape[axis]!)) return;
  throw new DataError(
    `Cannot centre frames: found centre (${center.join(", ")}), expected it inside a frame of ${shape[0]} x ${
      shape[1]
    } pixels; give data.center in pixels of the raw frame, or null to find it`,
    { found: center, expected: shape },
  );
}

/**
 * Centre of mass (y, x) in pixels of one frame of `shape`, over the valid pixels only; null where no valid pixel has counts.
 * `start` is the element of `frames` where the frame begins.
 */
export function massCenter(
  frames: ElementArray,
  o: { readonly start: number; readonly shape: FrameShape; readonly valid: (pixel: number) => boolean },
): [number, number] | null {
  const [rows, cols] = o.shape;
  let [sum, sumY, sumX] = [0, 0, 0];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const pixel = y * cols + x;
      if (!o.valid(pixel)) continue;
      const value = Number(frames[o.start + pixel]!);
      sum += value;
      sumY += value * y;
      sumX += value * x;
    }
  }
  return sum > 0 ? [sumY / sum, sumX / sum] : null;
}

function resolveAxis(value: CenterValue, n: number): number {
  if (typeof value === "number" && Number.isFinite(value)) return value - Math.floor(value / n) * n;
  switch (value) {
    case "fftshift":
      return Math.floor(n / 2);
    case "geometric":
      return n / 2 - 0.5;
    case "fft":
      return 0;
  }
  throw new RangeError(`Cannot use centre: found "${value}", expected "fftshift", "geometric", "fft" or pixels`);
}
