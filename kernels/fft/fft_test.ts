/** createFft2(): the definition, Parseval, inverse and adjoint at awkward sizes. */

import { assert } from "@std/assert/assert.js";
import { assertThrows } from "@std/assert/throws.js";
import { ShapeError } from "../errors.ts";
import { createFft2 } from "./fft.ts";

const SIZES: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 2],
  [2, 3],
  [3, 1],
  [4, 5],
  [7, 6],
  [9, 11],
  [13, 8],
  [17, 3],
  [12, 97],
  [60, 64],
  [34, 26],
  [128, 4],
  [5, 1000],
];

/** Numbers without any symmetry, the same every time. */
function field(count: number, seed: number): Float64Array {
  return Float64Array.from(
    { length: 2 * count },
    (_, i) => Math.sin(1.7 * i + seed) + Math.cos(0.31 * i * i + 2 * seed),
  );
}

function naive(wave: Float64Array, rows: number, cols: number): Float64Array {
  const half = new Float64Array(wave.length);
  const out = new Float64Array(wave.length);
  for (
    const [from, to, outer, n, step, next] of [[wave, half, rows, cols, 1, cols], [
      half,
      out,
      cols,
      rows,
      cols,
      1,
    ]] as const
  ) {
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < n; k++) {
        for (let j = 0; j < n; j++) {
          const angle = -2 * Math.PI * ((j * k) % n) / n;
          const [c, s] = [Math.cos(angle), Math.sin(angle)];
          const a = 2 * (o * next + j * step);
          const b = 2 * (o * next + k * step);
          to[b] = to[b]! + from[a]! * c - from[a + 1]! * s;
          to[b + 1] = to[b + 1]! + from[a]! * s + from[a + 1]! * c;
        }
      }
    }
  }
  return out;
}

function norm(x: Float64Array): number {
  return Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
}

function distance(x: Float64Array, y: Float64Array): number {
  return norm(x.map((v, i) => v - y[i]!)) / norm(y);
}

for (const [rows, cols] of SIZES) {
  Deno.test(`createFft2() is the discrete Fourier transform at ${rows} * ${cols}, to 1e-14 of the norm`, () => {
    const wave = field(rows * cols, 1);
    const expected = naive(wave, rows, cols);
    createFft2(rows, cols).forward(wave);
    // The naive sum itself is off by a few eps * sqrt(n).
    assert(distance(wave, expected) < 1e-14, `${distance(wave, expected)}`);
  });

  Deno.test(`createFft2() returns after forward and inverse, and keeps the norm at ${rows} * ${cols}`, () => {
    const wave = field(rows * cols, 2);
    const before = wave.slice();
    const fft = createFft2(rows, cols);
    fft.forward(wave);
    assert(Math.abs(norm(wave) / norm(before) / Math.sqrt(rows * cols) - 1) < 1e-14);
    fft.inverse(wave);
    assert(distance(wave, before) < 1e-14);
  });

  Deno.test(`createFft2() inverse is the adjoint divided by the size at ${rows} * ${cols}`, () => {
    const [x, y] = [field(rows * cols, 3), field(rows * cols, 4)];
    const [fx, by] = [x.slice(), y.slice()];
    const fft = createFft2(rows, cols);
    fft.forward(fx);
    fft.inverse(by);
    const left = inner(fx, y);
    const right = inner(x, by).map((v) => v * rows * cols);
    const size = norm(fx) * norm(y);
    assert(Math.hypot(left[0]! - right[0]!, left[1]! - right[1]!) < 1e-14 * size);
  });
}

Deno.test("createFft2() changes only its own part of an array", () => {
  const wave = field(40, 5);
  const before = wave.slice();
  const alone = wave.slice(10, 10 + 24);
  const fft = createFft2(3, 4);
  fft.forward(wave, 10);
  fft.forward(alone);
  assert(wave.every((v, i) => i >= 10 && i < 34 ? v === alone[i - 10] : v === before[i]));
});

Deno.test("createFft2() refuses sizes and arrays that do not fit", () => {
  assertThrows(() => createFft2(0, 4), ShapeError, "positive integers");
  assertThrows(() => createFft2(4, 4).forward(new Float64Array(31)), ShapeError, "31 numbers");
});

function inner(x: Float64Array, y: Float64Array): number[] {
  let [re, im] = [0, 0];
  for (let i = 0; i < x.length; i += 2) {
    re += x[i]! * y[i]! + x[i + 1]! * y[i + 1]!;
    im += x[i]! * y[i + 1]! - x[i + 1]! * y[i]!;
  }
  return [re, im];
}
