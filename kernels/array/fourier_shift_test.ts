/** Shifts by whole and by parts of pixels against closed forms. */

import assert from "node:assert/strict";
import { fourierShift } from "./fourier_shift.ts";

/** A Gaussian around (cy, cx), three pixels wide: nothing of it is left at the border or at the highest frequency. */
function spot(rows: number, cols: number, [cy, cx]: readonly [number, number]): Float64Array {
  return Float64Array.from({ length: 2 * rows * cols }, (_, i) => {
    const [y, x] = [Math.floor(i / 2 / cols), Math.floor(i / 2) % cols];
    return (1 - 1.5 * (i % 2)) * Math.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 18);
  });
}

Deno.test("fourierShift() moves a smooth spot to where it belongs, even and odd sizes", () => {
  for (const [rows, cols] of [[64, 48], [51, 50]] as const) {
    const data = spot(rows, cols, [25, 20]);
    fourierShift(data, { rows, cols, shift: [1.3, -2.75] });
    const expected = spot(rows, cols, [26.3, 17.25]);
    // The tails that leave on one side are below exp(-16).
    assert.ok(data.every((v, i) => Math.abs(v - expected[i]!) < 1e-6));
  }
});

Deno.test("fourierShift() by whole pixels is a roll, wherever the image lies; the power stays for any shift", () => {
  const values = Array.from({ length: 24 }, (_, i) => Math.sin(7 * i));
  const data = Float64Array.from([9, 9, ...values]);
  fourierShift(data, { rows: 3, cols: 4, offset: 1, shift: [1, -1] });
  assert.deepEqual([...data.subarray(0, 2)], [9, 9]);
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 4; x++) {
      const [from, to] = [2 * (y * 4 + x), 2 + 2 * (((y + 1) % 3) * 4 + (x + 3) % 4)];
      assert.ok(Math.abs(data[to]! - values[from]!) < 1e-12);
    }
  }
  const power = (a: ArrayLike<number>) => Array.from(a).reduce((sum, v) => sum + v * v, 0);
  const moved = Float64Array.from(values);
  fourierShift(moved, { rows: 3, cols: 4, shift: [0.4, 5.7] });
  assert.ok(Math.abs(power(moved) / power(values) - 1) < 1e-12);
});
