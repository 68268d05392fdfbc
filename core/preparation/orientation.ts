/** Brings detector frames into the laboratory's axes: transpose, then flip rows, then flip columns. Positions stay as they are. */

import type { FrameShape } from "./center.ts";

/** What is done to a frame, in this order. */
export interface Orientation {
  /** Exchanges rows and columns. */
  readonly transpose: boolean;
  /** Reverses the order of rows. */
  readonly flipud: boolean;
  /** Reverses the order of columns. */
  readonly fliplr: boolean;
}

/**
 * Reads PtyPy's `orientation`: null or 0 leaves frames alone; bits 4, 2, 1 of an integer, or the three values of a triple,
 * are transpose, flipud, fliplr.
 *
 * @throws {RangeError} for an integer outside 0 to 7, or not three values
 */
export function parseOrientation(orientation: number | readonly (boolean | number)[] | null): Orientation {
  if (typeof orientation === "object" && orientation !== null) {
    if (orientation.length !== 3) {
      throw new RangeError(
        `Cannot orient frames: found ${orientation.length} values, expected three (transpose, flipud, fliplr)`,
      );
    }
    const [transpose, flipud, fliplr] = orientation.map(Boolean);
    return { transpose: transpose!, flipud: flipud!, fliplr: fliplr! };
  }
  const bits = orientation ?? 0;
  if (!Number.isInteger(bits) || bits < 0 || bits > 7) {
    throw new RangeError(`Cannot orient frames: found ${bits}, expected an integer from 0 to 7 or three booleans`);
  }
  return { transpose: (bits & 4) !== 0, flipud: (bits & 2) !== 0, fliplr: (bits & 1) !== 0 };
}

/** Shape of a frame of `shape` once oriented. */
export function orientShape(shape: FrameShape, o: Orientation): [number, number] {
  return o.transpose ? [shape[1], shape[0]] : [shape[0], shape[1]];
}

/** Where `center` (y, x) of a frame of `o.shape` goes: swapped by a transpose, n - 1 - c on a flipped axis. */
export function orientCenter(
  center: readonly [number, number],
  o: Orientation & { readonly shape: FrameShape },
): [number, number] {
  const [rows, cols] = orientShape(o.shape, o);
  const [y, x] = o.transpose ? [center[1], center[0]] : center;
  return [o.flipud ? rows - 1 - y : y, o.fliplr ? cols - 1 - x : x];
}

/** Fills `out` with the oriented `frame`, which has `shape`; they must not be the same array. */
export function orientFrame(
  out: Float64Array,
  frame: Float64Array,
  o: Orientation & { readonly shape: FrameShape },
): void {
  const [rows, cols] = orientShape(o.shape, o);
  const [strideY, strideX] = o.transpose ? [1, o.shape[1]] : [o.shape[1], 1];
  for (let y = 0; y < rows; y++) {
    const start = (o.flipud ? rows - 1 - y : y) * strideY;
    for (let x = 0; x < cols; x++) {
      out[y * cols + x] = frame[start + (o.fliplr ? cols - 1 - x : x) * strideX]!;
    }
  }
}
