/** Moving by whole and by part pixels. */

import assert from "node:assert/strict";
import { shifted } from "./interpolate.ts";

function wave(rows: number, cols: number, frequency: readonly [number, number]) {
  const data = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const angle = 2 * Math.PI * (frequency[0] * y + frequency[1] * x);
      data.set([Math.cos(angle), Math.sin(angle)], 2 * (y * cols + x));
    }
  }
  return { rows, cols, data };
}

Deno.test("shifted() copies exactly at whole pixels and says what lies inside", () => {
  const b = wave(7, 9, [0.1, 0.23]);
  const { value, inside } = shifted(b, [2, -3], { rows: 8, cols: 6 });
  assert.equal(inside.reduce((s, v) => s + v, 0), 6 * 6);
  assert.equal(inside[1 * 6 + 0], 0);
  assert.equal(value[2 * (4 * 6 + 1)], b.data[2 * (2 * 9 + 4)]);
  assert.equal(value[2 * (7 * 6 + 5) + 1], b.data[2 * (5 * 9 + 8) + 1]);
});

for (const frequency of [[0.05, 0.1], [0.3, -0.35]] as const) {
  Deno.test(`shifted() moves a wave of ${frequency} cycles per pixel by parts of a pixel to 1e-3, with its slopes`, () => {
    const size = 48, shift = [0.37, -0.61] as const;
    const got = shifted(wave(size, size, frequency), shift, { rows: size, cols: size, slopes: true });
    for (let y = 12; y < size - 12; y++) {
      for (let x = 12; x < size - 12; x++) {
        const i = 2 * (y * size + x);
        const angle = 2 * Math.PI * (frequency[0] * (y - shift[0]) + frequency[1] * (x - shift[1]));
        assert.ok(Math.abs(got.value[i]! - Math.cos(angle)) < 1e-3);
        assert.ok(Math.abs(got.value[i + 1]! - Math.sin(angle)) < 1e-3);
        assert.ok(Math.abs(got.dy![i]! - 2 * Math.PI * frequency[0] * Math.sin(angle)) < 2e-2);
        assert.ok(Math.abs(got.dx![i + 1]! + 2 * Math.PI * frequency[1] * Math.cos(angle)) < 2e-2);
      }
    }
  });
}
