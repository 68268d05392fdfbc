/** Smoothing against scipy's numbers. */

import assert from "node:assert/strict";
import { gaussianFilter, gaussianFilterComplex } from "./gaussian_filter.ts";

const IMAGE = [1, 4, -2, 3, 0, 5, 7, -1, 2, -3, 6, 8];
/** scipy 1.10: gaussian_filter(IMAGE as (3, 4), [0.8, 1.3]). */
const SMOOTHED = [
  1.8389697911196092,
  1.9383802530838112,
  1.8688535897389797,
  1.7644441255433594,
  1.8679463390334021,
  2.456011937942161,
  2.9323752204713727,
  2.993003410663575,
  1.373398821201597,
  2.2695295709504415,
  3.783507888330422,
  4.913579051921274,
];

function assertNear(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(found[i]! - expected[i]!) < 1e-12, `at ${i}: ${found[i]}`);
  }
}

Deno.test("gaussianFilter() gives scipy's numbers with a different sigma per axis", () => {
  const data = Float64Array.from(IMAGE);
  gaussianFilter(data, { rows: 3, cols: 4, sigma: [0.8, 1.3] });
  assertNear(data, SMOOTHED);
});

Deno.test("gaussianFilterComplex() smooths both parts alone and leaves what lies before offset", () => {
  const data = new Float64Array(2 * 14).fill(9);
  IMAGE.forEach((v, i) => data.set([v, -2 * v], 2 * (i + 2)));
  gaussianFilterComplex(data, { rows: 3, cols: 4, sigma: [0.8, 1.3], offset: 2 });
  assertNear(data.subarray(0, 4), [9, 9, 9, 9]);
  assertNear(data.subarray(4), SMOOTHED.flatMap((v) => [v, -2 * v]));
});

Deno.test("gaussianFilter() keeps the sum: reflected edges lose nothing", () => {
  const data = Float64Array.from(IMAGE);
  gaussianFilter(data, { rows: 3, cols: 4, sigma: 25 });
  assertNear([data.reduce((a, b) => a + b)], [IMAGE.reduce((a, b) => a + b)]);
});

Deno.test("gaussianFilter() with sigma 0 changes nothing and refuses a negative sigma", () => {
  const data = Float64Array.from(IMAGE);
  gaussianFilter(data, { rows: 3, cols: 4, sigma: 0 });
  assertNear(data, IMAGE);
  assert.throws(() => gaussianFilter(data, { rows: 3, cols: 4, sigma: -1 }), RangeError);
});
