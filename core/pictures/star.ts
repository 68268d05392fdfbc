/** A Siemens star as a test object: 36 spokes that grow finer towards the middle, broken by rings, so that resolution can be read. */

import type { NdArray } from "../../kernels/nd_array.ts";

const SPOKES = 36;
/** Of the star, of its middle that is left empty, and of the rings between, as a fraction of half the smaller side. */
const RADIUS = 0.92;
const HOLE = 0.03;
const RINGS = [0.1, 0.22, 0.46] as const;
/** Width of a ring as a fraction of its radius. */
const RING_WIDTH = 0.07;

/**
 * The star as a thickness, real, (y, x): 1 on a spoke, 0 beside it, edges a pixel wide. The same numbers on every call.
 *
 * @throws {RangeError} if a side is not a whole number from 1
 */
export function starPicture(shape: readonly [number, number]): NdArray<Float64Array> {
  const [rows, cols] = shape;
  if (!shape.every((n) => Number.isInteger(n) && n >= 1)) {
    throw new RangeError(`Cannot draw the star: found shape ${rows} x ${cols}, expected whole numbers from 1`);
  }
  const half = Math.min(rows, cols) / 2;
  const data = new Float64Array(rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) data[y * cols + x] = starAt(x - (cols - 1) / 2, y - (rows - 1) / 2, half);
  }
  return { dtype: "float64", shape: [rows, cols], data };
}

/** Thickness at a point in pixels from the middle. */
function starAt(x: number, y: number, half: number): number {
  const radius = Math.hypot(x, y);
  // Distance in pixels from the nearest edge of a spoke, positive within it.
  const turn = Math.cos(SPOKES * Math.atan2(y, x));
  const spoke = covered(Math.asin(turn) / SPOKES * radius);
  const disc = covered(RADIUS * half - radius) * covered(radius - HOLE * half);
  const rings = RINGS.reduce(
    (open, ring) => open * (1 - covered((ring * RING_WIDTH / 2 - Math.abs(radius / half - ring)) * half)),
    1,
  );
  return spoke * disc * rings;
}

/** The part of a pixel that lies on the inner side of an edge. */
function covered(distance: number): number {
  return Math.min(1, Math.max(0, distance + 0.5));
}
