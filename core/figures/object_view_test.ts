/** Cropping, levelling and limits of what is drawn. */

import assert from "node:assert/strict";
import { complexArray } from "../../kernels/nd_array.ts";
import { objectView, percentileLimits } from "./object_view.ts";

Deno.test("objectView() crops to the scanned area and takes ramp and offset off the phase", () => {
  const rows = 40, cols = 50;
  const data = new Float64Array(2 * rows * cols);
  const specimen = (y: number, x: number) => (y - 20) ** 2 + (x - 28) ** 2 < 25 ? 0.8 : 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const angle = 0.11 * y - 0.3 * x + 2 + specimen(y, x);
      data.set([1.5 * Math.cos(angle), 1.5 * Math.sin(angle)], 2 * (y * cols + x));
    }
  }
  const view = objectView(complexArray(data, [1, rows, cols]), { view: [8, 12] });
  assert.deepEqual(view.crop, { y0: 4, x0: 6, y1: 36, x1: 44 });
  assert.ok(view.amplitude.every((v) => Math.abs(v - 1.5) < 1e-12));
  const at = (y: number, x: number) => view.phase[(y - 4) * view.cols + x - 6]!;
  assert.ok(Math.abs(at(20, 28) - at(8, 10) - 0.8) < 0.1);
  assert.ok(Math.abs(at(33, 40) - at(8, 10)) < 0.1);
});

Deno.test("percentileLimits() leaves out the given part and the pixels that do not count", () => {
  const values = Float64Array.from({ length: 1000 }, (_, i) => i);
  values[500] = 1e9;
  const mask = new Uint8Array(1000).fill(1);
  mask[500] = 0;
  assert.deepEqual(percentileLimits(values, { mask, outside: 0.2 }), [99, 900]);
});

Deno.test("percentileLimits() of equal values still has a width, and of none is 0 to 1", () => {
  const [low, high] = percentileLimits(new Float64Array(9).fill(2), { mask: new Uint8Array(9).fill(1), outside: 0.01 });
  assert.ok(low < 2 && high > 2);
  assert.deepEqual(percentileLimits(new Float64Array(3), { mask: new Uint8Array(3), outside: 0.01 }), [0, 1]);
});
