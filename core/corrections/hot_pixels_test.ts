/** Hot pixels, in frames small enough to work out by hand. */

import assert from "node:assert/strict";
import { removeHotPixels } from "./hot_pixels.ts";

const SIZE = { rows: 6, cols: 7, size: 3, tolerance: 3, ignoreEdges: false };

/** A slope, on which each median is the pixel itself, and pixels that stick out. */
function slope(hot: Readonly<Record<number, number>> = {}): Float64Array {
  return Float64Array.from({ length: 42 }, (_, i) => hot[i] ?? 10);
}

Deno.test("removeHotPixels() puts the median of the window in place of a pixel that sticks out, up or down", () => {
  // The deviations are 1000 once and 0 elsewhere: their standard deviation is 1000 sqrt(41) / 42 = 152.5.
  for (const hot of [1010, -990]) {
    const frame = slope({ 23: hot });
    assert.equal(removeHotPixels(frame, SIZE), 1);
    assert.deepEqual(frame, slope());
  }
});

Deno.test("removeHotPixels() leaves what is within tolerance: a single deviation is sqrt(41) deviations large", () => {
  const frame = slope({ 23: 1010 });
  assert.equal(removeHotPixels(frame, { ...SIZE, tolerance: 42 / Math.sqrt(41) + 1e-9 }), 0);
  assert.equal(removeHotPixels(frame, { ...SIZE, tolerance: 42 / Math.sqrt(41) - 1e-9 }), 1);
});

Deno.test("removeHotPixels() works at edges and corners, unless they are to be left alone", () => {
  for (const at of [0, 3, 6, 14, 41]) {
    const frame = slope({ [at]: 1010 });
    assert.equal(removeHotPixels(frame, { ...SIZE, ignoreEdges: true }), 0);
    assert.equal(removeHotPixels(frame, SIZE), 1);
    assert.deepEqual(frame, slope());
  }
});

Deno.test("removeHotPixels() takes the median of the window, not the mean, and knows rows from columns", () => {
  // Rows count up by 1, columns by 10: the median of a window is its middle pixel but for the hot one, which makes it one of the 9.
  const frame = Float64Array.from({ length: 42 }, (_, i) => Math.floor(i / 7) + 10 * (i % 7));
  frame[2 * 7 + 4] = 5000;
  assert.equal(removeHotPixels(frame, { ...SIZE, ignoreEdges: true }), 1);
  // 31 32 33, 41 5000 43, 51 52 53 in order: 31 32 33 41 43 51 52 53 5000.
  assert.equal(frame[2 * 7 + 4], 43);
});

Deno.test("removeHotPixels() with a window of 5 replaces a pair of hot pixels", () => {
  const frame = slope({ 16: 1010, 17: 1010 });
  assert.equal(removeHotPixels(frame, { ...SIZE, size: 5 }), 2);
  assert.deepEqual(frame, slope());
});
