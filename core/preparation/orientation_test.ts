/** All eight orientations of an asymmetric frame, by hand. */

import assert from "node:assert/strict";
import { orientCenter, orientFrame, orientShape, parseOrientation } from "./orientation.ts";

const FRAME = new Float64Array([1, 2, 3, 4, 5, 6]); // 2 x 3

const CASES = [
  { orientation: 0, rows: [[1, 2, 3], [4, 5, 6]] },
  { orientation: 1, rows: [[3, 2, 1], [6, 5, 4]] },
  { orientation: 2, rows: [[4, 5, 6], [1, 2, 3]] },
  { orientation: 3, rows: [[6, 5, 4], [3, 2, 1]] },
  { orientation: 4, rows: [[1, 4], [2, 5], [3, 6]] },
  { orientation: 5, rows: [[4, 1], [5, 2], [6, 3]] },
  { orientation: 6, rows: [[3, 6], [2, 5], [1, 4]] },
  { orientation: 7, rows: [[6, 3], [5, 2], [4, 1]] },
];

for (const c of CASES) {
  Deno.test(`orientFrame() ${c.orientation} turns [[1,2,3],[4,5,6]] into ${JSON.stringify(c.rows)}`, () => {
    const o = { ...parseOrientation(c.orientation), shape: [2, 3] as const };
    const out = new Float64Array(6);
    orientFrame(out, FRAME, o);
    assert.deepEqual([...out], c.rows.flat());
    assert.deepEqual(orientShape([2, 3], o), [c.rows.length, c.rows[0]!.length]);
  });

  Deno.test(`orientCenter() ${c.orientation} follows the pixel that is the axis`, () => {
    const o = { ...parseOrientation(c.orientation), shape: [2, 3] as const };
    const [y, x] = orientCenter([1, 0], o); // The pixel that holds 4.
    assert.equal(c.rows[y]![x], 4);
  });
}

Deno.test("parseOrientation() reads triples as (transpose, flipud, fliplr), and null as none", () => {
  assert.deepEqual(parseOrientation([true, false, true]), parseOrientation(5));
  assert.deepEqual(parseOrientation([0, 1, 0]), parseOrientation(2));
  assert.deepEqual(parseOrientation(null), { transpose: false, flipud: false, fliplr: false });
});

Deno.test("parseOrientation() refuses other numbers and lengths", () => {
  for (const bad of [8, -1, 1.5, [true, false]]) assert.throws(() => parseOrientation(bad), RangeError);
});
