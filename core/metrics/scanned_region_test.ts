/** Which pixels count. */

import assert from "node:assert/strict";
import { isPtychoError } from "../errors.ts";
import { area, boundsOf, inscribedRectangle, rectangleRegion, scannedRegion } from "./scanned_region.ts";

const FLAT = { rows: 20, cols: 24, data: new Float64Array(2 * 20 * 24).map((_, i) => Math.sin(i * i)) };

Deno.test("scannedRegion() is the convex hull of the view centres", () => {
  const centres = Float64Array.from([4, 5, 4, 15, 14, 15, 14, 5, 9, 9]);
  const region = scannedRegion(FLAT, { centres });
  assert.deepEqual(boundsOf(region), { y0: 4, x0: 5, y1: 15, x1: 16 });
  assert.equal(area(region), 11 * 11);
});

Deno.test("scannedRegion() of a diamond of centres leaves the corners out", () => {
  const region = scannedRegion(FLAT, { centres: Float64Array.from([2, 10, 10, 2, 18, 10, 10, 18]) });
  assert.equal(area(region), 17 * 17 - 4 * (8 * 9 / 2));
  assert.equal(region.mask[2 * 24 + 2], 0);
  assert.equal(region.mask[10 * 24 + 2], 1);
});

Deno.test("scannedRegion() without positions leaves out half a view and what kept the value of the corners", () => {
  const data = FLAT.data.slice();
  for (const i of [0, 23, 19 * 24, 19 * 24 + 23, 6 * 24 + 7]) data.set([1, 0], 2 * i);
  const region = scannedRegion({ ...FLAT, data }, { view: [8, 6] });
  assert.deepEqual(boundsOf(region), { y0: 4, x0: 3, y1: 16, x1: 21 });
  assert.equal(area(region), 12 * 18 - 1);
});

Deno.test("scannedRegion() without any hint is the whole object", () => {
  assert.equal(area(scannedRegion(FLAT)), 20 * 24);
});

Deno.test("rectangleRegion() refuses rectangles outside of the picture", () => {
  for (const r of [{ y0: -1, x0: 0, y1: 4, x1: 4 }, { y0: 0, x0: 0, y1: 21, x1: 4 }, { y0: 4, x0: 0, y1: 4, x1: 4 }]) {
    assert.throws(() => rectangleRegion(r, FLAT), (e) => isPtychoError(e, "DataError"));
  }
});

Deno.test("inscribedRectangle() finds the largest rectangle without a hole", () => {
  const region = rectangleRegion({ y0: 2, x0: 3, y1: 18, x1: 20 }, FLAT);
  assert.deepEqual(inscribedRectangle(region), { y0: 2, x0: 3, y1: 18, x1: 20 });
  region.mask[9 * 24 + 5] = 0;
  assert.deepEqual(inscribedRectangle(region), { y0: 2, x0: 6, y1: 18, x1: 20 });
});
