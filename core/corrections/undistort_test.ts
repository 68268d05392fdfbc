/** Bilinear undistortion by hand. */

import assert from "node:assert/strict";
import { undistort, undistortMask } from "./undistort.ts";

const SIZE = { rows: 3, cols: 4 };
/** 10 y + x. */
const FRAME = Float64Array.from({ length: 12 }, (_, i) => 10 * Math.floor(i / 4) + i % 4);

function shifted(dy: number, dx: number): number[] {
  const out = new Float64Array(12);
  undistort(out, FRAME, { ...SIZE, dy: new Float64Array(12).fill(dy), dx: new Float64Array(12).fill(dx) });
  return [...out];
}

Deno.test("undistort() takes the frame at (y + dy, x + dx)", () => {
  assert.deepEqual(shifted(0, 0), [...FRAME]);
  assert.deepEqual(shifted(1, 0).slice(0, 8), [10, 11, 12, 13, 20, 21, 22, 23]);
  assert.deepEqual(shifted(0, -1).slice(1, 4), [0, 1, 2]);
  // On a plane bilinear interpolation is exact.
  assert.deepEqual(shifted(0.5, 0.25).slice(0, 3), [5.25, 6.25, 7.25]);
});

Deno.test("undistort() makes NaN of what comes from outside, to the last pixel", () => {
  assert.deepEqual(shifted(1, 0).slice(8), [NaN, NaN, NaN, NaN]);
  assert.deepEqual([shifted(0, 0.5)[2], shifted(0, 0.5)[3], shifted(-0.5, 0)[0]], [2.5, NaN, NaN]);
});

Deno.test("undistort() moves each pixel by its own displacement", () => {
  const [dy, dx] = [new Float64Array(12), new Float64Array(12)];
  dy[5] = 1;
  dx[6] = 1;
  const out = new Float64Array(12);
  undistort(out, FRAME, { ...SIZE, dy, dx });
  assert.deepEqual([out[5], out[6], out[7]], [21, 13, 13]);
});

Deno.test("undistortMask() keeps pixels that are made of valid ones only", () => {
  const mask = new Uint8Array(12).fill(1);
  mask[5] = 0;
  const half = { ...SIZE, dy: new Float64Array(12), dx: new Float64Array(12).fill(0.5) };
  assert.deepEqual([...undistortMask(mask, half)], [1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0]);
});
