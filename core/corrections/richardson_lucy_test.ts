/** Richardson-Lucy deconvolution against what can be worked out. */

import assert from "node:assert/strict";
import { createDeconvolution, transferFunction } from "./richardson_lucy.ts";

const SIZE = { rows: 12, cols: 20 };
const PIXELS = SIZE.rows * SIZE.cols;
const WIDE = { std_x: 2, std_y: 1, off_x: 0, off_y: 0 };

function frame(value: (y: number, x: number) => number): Float64Array {
  return Float64Array.from({ length: PIXELS }, (_, i) => value(Math.floor(i / SIZE.cols), i % SIZE.cols));
}

Deno.test("transferFunction() of a Gaussian is exp(-2 pi^2 (std_x^2 k_x^2 + std_y^2 k_y^2)), wherever it is", () => {
  for (const off of [0, 3.3]) {
    const mtf = transferFunction([{ ...WIDE, off_x: off, off_y: -off }], SIZE);
    for (const [ky, kx] of [[0, 0], [1, 0], [0, 1], [2, 3], [3, 4]] as const) {
      const expected = Math.exp(-2 * Math.PI ** 2 * ((2 * kx / SIZE.cols) ** 2 + (ky / SIZE.rows) ** 2));
      // A pixel of the grid sees e^(-2 pi^2 (1 - k)^2), 2e-5 at k = 1/4, of the period beside it.
      assert.ok(Math.abs(mtf[ky * SIZE.cols + kx]! - expected) < 2e-5, `${ky}, ${kx}`);
    }
  }
});

Deno.test("transferFunction() of two pixels at a distance of d is |cos(pi k d)|", () => {
  const point = { std_x: 0, std_y: 0, off_x: 0, off_y: 0 };
  const mtf = transferFunction([point, { ...point, off_x: 5 }], SIZE);
  for (let k = 0; k < SIZE.cols; k++) {
    assert.ok(Math.abs(mtf[k]! - Math.abs(Math.cos(Math.PI * k * 5 / SIZE.cols))) < 1e-12);
    assert.ok(Math.abs(mtf[3 * SIZE.cols + k]! - mtf[k]!) < 1e-12);
  }
});

Deno.test("a deconvolution leaves a frame as it is that nothing blurred, and one without structure", () => {
  const sharp = frame((y, x) => 1 + y + 3 * x);
  const found = sharp.slice();
  createDeconvolution(new Float64Array(PIXELS).fill(1), { ...SIZE, numiter: 4 })(found);
  assert.ok(found.every((v, i) => Math.abs(v / sharp[i]! - 1) < 1e-12));
  const even = frame(() => 7);
  createDeconvolution(transferFunction([WIDE], SIZE), { ...SIZE, numiter: 4 })(even);
  assert.ok(even.every((v) => Math.abs(v / 7 - 1) < 1e-12));
});

Deno.test("a weak wave of height e becomes (e / m) (1 - (1 - m) (1 - m^2)^n) after n iterations", () => {
  // To first order u = 1 + a c, d = 1 + e c, B(c) = m c: a <- a + m (e - m a), from a = e.
  const [ky, kx, e] = [1, 2, 1e-5];
  const wave = (height: number) =>
    frame((y, x) => 1 + height * Math.cos(2 * Math.PI * (ky * y / SIZE.rows + kx * x / SIZE.cols)));
  const mtf = transferFunction([WIDE], SIZE);
  const m = mtf[ky * SIZE.cols + kx]!;
  for (const numiter of [1, 2, 7]) {
    const found = wave(e);
    createDeconvolution(mtf, { ...SIZE, numiter })(found);
    const expected = wave(e / m * (1 - (1 - m) * (1 - m * m) ** numiter));
    // What is neglected is of second order: about e^2 = 1e-10 for each iteration.
    assert.ok(found.every((v, i) => Math.abs(v - expected[i]!) < 3e-9));
  }
});

Deno.test("a blurred point becomes sharper with every iteration and keeps its counts", () => {
  const mtf = transferFunction([WIDE], SIZE);
  const blurred = frame((y, x) => 1000 * Math.exp(-((y - 6) ** 2) / 2 - (x - 10) ** 2 / 8) / (4 * Math.PI));
  const total = blurred.reduce((a, b) => a + b, 0);
  let last = blurred[6 * SIZE.cols + 10]!;
  for (const numiter of [1, 5, 50]) {
    const found = blurred.slice();
    createDeconvolution(mtf, { ...SIZE, numiter })(found);
    assert.ok(found[6 * SIZE.cols + 10]! > 1.3 * last);
    assert.ok(Math.abs(found.reduce((a, b) => a + b, 0) / total - 1) < 1e-9);
    last = found[6 * SIZE.cols + 10]!;
  }
});
