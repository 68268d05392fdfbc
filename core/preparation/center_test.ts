/** Centre words, numbers, bounds and the centre of mass. */

import assert from "node:assert/strict";
import { assertInside, massCenter, resolveCenter } from "./center.ts";
import { isPtychoError } from "../errors.ts";

const CASES = [
  { center: "fftshift", shape: [50, 63], pixel: [25, 31] },
  { center: "geometric", shape: [50, 63], pixel: [24.5, 31] },
  { center: "fft", shape: [50, 63], pixel: [0, 0] },
  { center: [26.5, 29], shape: [50, 63], pixel: [26.5, 29] },
  { center: [-1, -2.5], shape: [50, 63], pixel: [49, 60.5] },
  { center: [51, 63], shape: [50, 63], pixel: [1, 0] },
  { center: ["fftshift", 7], shape: [50, 63], pixel: [25, 7] },
] as const;

for (const c of CASES) {
  Deno.test(`resolveCenter() of ${Deno.inspect(c.center)} in ${c.shape} is pixel ${c.pixel}`, () => {
    assert.deepEqual(resolveCenter(c.center, c.shape), [...c.pixel]);
  });
}

Deno.test("resolveCenter() refuses other words and other numbers of values", () => {
  assert.throws(() => resolveCenter("middle", [8, 8]), /found "middle", expected "fftshift"/);
  assert.throws(() => resolveCenter([1, 2, 3], [8, 8]), /found 3 values/);
  assert.throws(() => resolveCenter([NaN, 2], [8, 8]), RangeError);
});

Deno.test("assertInside() wants 0 < centre < n on both axes", () => {
  assertInside([0.5, 7.5], [8, 8]);
  for (const center of [[0, 4], [4, 0], [8, 4], [4, 8]] as const) {
    assert.throws(() => assertInside(center, [8, 8]), (e) => isPtychoError(e, "DataError") && /8 x 8/.test(e.message));
  }
});

Deno.test("massCenter() weighs valid pixels of the frame that begins at start", () => {
  // Two frames of 2 x 3; the second has 1 at (0, 2), 3 at (1, 0) and 100 at a masked pixel.
  const frames = new Uint16Array([9, 9, 9, 9, 9, 9, 0, 0, 1, 3, 100, 0]);
  const center = massCenter(frames, { start: 6, shape: [2, 3], valid: (pixel) => pixel !== 4 });
  assert.deepEqual(center, [3 / 4, 2 / 4]);
});

Deno.test("massCenter() of a frame without counts is null", () => {
  assert.equal(massCenter(new Float64Array(6), { start: 0, shape: [2, 3], valid: () => true }), null);
});
