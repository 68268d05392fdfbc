/** Cropping and padding around a centre. */

import assert from "node:assert/strict";
import { cropPad, cropWindow, roundHalfEven } from "./crop_pad.ts";

// 3 x 5, pixel (y, x) holds 10 y + x.
const FRAME = Float64Array.from({ length: 15 }, (_, i) => 10 * Math.floor(i / 5) + i % 5);

function cut(shape: readonly [number, number], center: readonly [number, number]): number[][] {
  const window = cropWindow([3, 5], shape, center);
  const out = new Float64Array(shape[0] * shape[1]).fill(NaN);
  cropPad(out, FRAME, { ...window, start: 0 });
  return Array.from({ length: shape[0] }, (_, y) => [...out.subarray(y * shape[1], (y + 1) * shape[1])]);
}

Deno.test("cropPad() brings the centre to n // 2 and cuts the rest", () => {
  assert.deepEqual(cut([2, 2], [1, 3]), [[2, 3], [12, 13]]);
  assert.deepEqual(cut([3, 3], [1, 3]), [[2, 3, 4], [12, 13, 14], [22, 23, 24]]);
});

Deno.test("cropPad() pads with 0 where the frame ends, on every side", () => {
  assert.deepEqual(cut([2, 4], [0, 0]), [[0, 0, 0, 0], [0, 0, 0, 1]]);
  assert.deepEqual(cut([2, 4], [3, 5]), [[23, 24, 0, 0], [0, 0, 0, 0]]);
  assert.deepEqual(cut([1, 7], [1, 2]), [[0, 10, 11, 12, 13, 14, 0]]);
});

Deno.test("cropPad() reads whole numbers of 64 bits and begins at start", () => {
  const out = new Float64Array(1);
  cropPad(out, new BigInt64Array([1n, 2n, 3n, 4n]), { ...cropWindow([1, 2], [1, 1], [0, 1]), start: 2 });
  assert.deepEqual([...out], [4]);
});

Deno.test("cropWindow() puts the axis at n // 2 of the new frame", () => {
  assert.deepEqual(cropWindow([50, 62], [31, 32], [26.5, 29.5]).center, [15, 16]);
  assert.deepEqual(cropWindow([50, 62], [31, 32], [26.5, 29.5]).corner, [26 - 15, 30 - 16]);
});

Deno.test("roundHalfEven() rounds halves to the even number", () => {
  assert.deepEqual([0.5, 1.5, 2.5, 26.5, 29.5, -0.5, 2.4, 2.6].map(roundHalfEven), [0, 2, 2, 26, 30, 0, 2, 3]);
});
