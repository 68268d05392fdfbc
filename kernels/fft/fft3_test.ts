/** Three-dimensional transforms against the sum that defines them. */

import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { assertClose, ROUNDING, seededNumbers } from "../testing.ts";
import { createFft3 } from "./fft3.ts";

const SHAPES = [[1, 1, 1], [3, 4, 5], [5, 1, 2], [4, 8, 4]] as const;

for (const [planes, rows, cols] of SHAPES) {
  const wave = seededNumbers(2 * planes * rows * cols, 7);

  Deno.test(`createFft3(${planes}, ${rows}, ${cols}) is the sum of its definition`, () => {
    const found = wave.slice();
    createFft3(planes, rows, cols).forward(found);
    assertClose(found, transform(wave, [planes, rows, cols]), ROUNDING);
  });

  Deno.test(`createFft3(${planes}, ${rows}, ${cols}) goes back to where it came from`, () => {
    const found = wave.slice();
    const fft = createFft3(planes, rows, cols);
    fft.forward(found);
    fft.inverse(found);
    assertClose(found, wave, ROUNDING);
  });
}

Deno.test("createFft3() refuses sides and arrays that do not fit", () => {
  assert.throws(() => createFft3(0, 2, 2), ShapeError);
  assert.throws(() => createFft3(2, 2.5, 2), ShapeError);
  assert.throws(() => createFft3(2, 2, 2).forward(new Float64Array(8)), ShapeError);
});

function transform(wave: Float64Array, [n3, n1, n2]: readonly [number, number, number]): Float64Array {
  const result = new Float64Array(wave.length);
  for (let k = 0; k < n3 * n1 * n2; k++) {
    const [k3, k1, k2] = [Math.floor(k / (n1 * n2)), Math.floor(k / n2) % n1, k % n2];
    for (let i = 0; i < n3 * n1 * n2; i++) {
      const [i3, i1, i2] = [Math.floor(i / (n1 * n2)), Math.floor(i / n2) % n1, i % n2];
      const angle = -2 * Math.PI * (k3 * i3 / n3 + k1 * i1 / n1 + k2 * i2 / n2);
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      result[2 * k]! += wave[2 * i]! * c - wave[2 * i + 1]! * s;
      result[2 * k + 1]! += wave[2 * i]! * s + wave[2 * i + 1]! * c;
    }
  }
  return result;
}
