/** Shifts and zooms against scipy's numbers. */

import assert from "node:assert/strict";
import { shiftComplex, zoomComplex, zoomReal } from "./spline.ts";

const IMAGE = [1, 4, -2, 3, 0, 5, 7, -1, 2, -3, 6, 8];

function assertNear(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(found[i]! - expected[i]!) < 1e-12, `at ${i}: ${found[i]}`);
  }
}

function complex(values: readonly number[]): Float64Array {
  return Float64Array.from(values.flatMap((v) => [v, 3 * v]));
}

Deno.test("shiftComplex() gives scipy's affine_transform with offset (0.3, -1.25)", () => {
  const data = complex(IMAGE);
  shiftComplex(data, { rows: 3, cols: 4, shift: [0.3, -1.25] });
  assertNear(
    data,
    complex([0, 0, 4.0087, 0.5900148437500016, 0, 0, 1.364624999999999, 7.44883203125, 0, 0, 0, 0]),
  );
});

Deno.test("shiftComplex() by whole pixels moves content towards lower indices and fills with 0", () => {
  const data = complex(IMAGE);
  shiftComplex(data, { rows: 3, cols: 4, shift: [1, 2] });
  assertNear(data, complex([7, -1, 0, 0, 6, 8, 0, 0, 0, 0, 0, 0]));
});

Deno.test("zoomReal() gives scipy's zoom by (1.5, 0.7)", () => {
  const { data, rows, cols } = zoomReal(Float64Array.from(IMAGE), { rows: 3, cols: 4, zoom: [1.5, 0.7] });
  assert.deepEqual([rows, cols], [4, 3]);
  assertNear(data, [
    1,
    0.75,
    3,
    0.14814814814814828,
    5.856481481481484,
    -0.5185185185185166,
    0.6296296296296295,
    5.7962962962962985,
    1.8888888888888873,
    2,
    0.625,
    8,
  ]);
});

Deno.test("zoomComplex() keeps the corners at sizes where rounding could push the last pixel outside", () => {
  const ramp = complex(Array.from({ length: 29 * 2 }, (_, i) => 1 + i));
  const { data, rows, cols } = zoomComplex(ramp, { rows: 29, cols: 2, zoom: [1.5, 1] });
  assert.deepEqual([rows, cols], [44, 2]);
  assertNear(data.subarray(0, 2), [1, 3]);
  assertNear(data.subarray(-2), [58, 174]);
});

Deno.test("zoomReal() refuses a zoom that leaves no pixel", () => {
  assert.throws(() => zoomReal(new Float64Array(4), { rows: 2, cols: 2, zoom: 0.1 }), RangeError);
});
