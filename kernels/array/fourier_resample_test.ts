/** Finer and coarser grids against plane waves and spots that are known everywhere. */

import assert from "node:assert/strict";
import { type CentredGrid, fourierResample } from "./fourier_resample.ts";

function grid(rows: number, cols: number, middle: "pixel" | "between"): CentredGrid {
  const origin = (n: number) => middle === "pixel" ? Math.floor(n / 2) : (n - 1) / 2;
  return { shape: [rows, cols], origin: [origin(rows), origin(cols)] };
}

/** A spot over a field of 1 by 1 around (0.05, -0.1), smooth enough for 20 pixels. */
function spot({ shape: [rows, cols], origin }: CentredGrid): Float64Array {
  return Float64Array.from({ length: 2 * rows * cols }, (_, i) => {
    const pixel = Math.floor(i / 2);
    const y = (Math.floor(pixel / cols) - origin[0]) / rows - 0.05;
    const x = (pixel % cols - origin[1]) / cols + 0.1;
    return (1 - 1.5 * (i % 2)) * Math.exp(-(y * y + x * x) / 0.012);
  });
}

function assertNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(found[i]! - expected[i]!) < tolerance, `${i}: ${found[i]} is not ${expected[i]}`);
  }
}

for (const middle of ["pixel", "between"] as const) {
  Deno.test(`fourierResample() keeps a smooth spot where it is, axis on a ${middle}, even and odd`, () => {
    for (const [n, m] of [[28, 42], [29, 41], [42, 28], [30, 30]] as const) {
      const [from, to] = [grid(n, n + 2, middle), grid(m, m + 2, middle)];
      // The spot is 1e-7 at the border and at the highest frequency of 28 pixels.
      assertNear(fourierResample(spot(from), from, to), spot(to), 1e-5);
    }
  });

  Deno.test(`fourierResample() there and back gives any image back, axis on a ${middle}`, () => {
    for (const [n, m] of [[6, 10], [5, 9], [6, 6]] as const) {
      const [from, to] = [grid(n, n + 1, middle), grid(m, m + 2, middle)];
      const noise = Float64Array.from({ length: 2 * n * (n + 1) }, (_, i) => Math.sin(97 * i * i));
      assertNear(fourierResample(fourierResample(noise, from, to), to, from), noise, 1e-12);
    }
  });
}

Deno.test("fourierResample() to a coarser grid drops frequencies that it lacks and keeps the mean", () => {
  const [fine, coarse] = [grid(12, 12, "pixel"), grid(6, 6, "pixel")];
  const wave = (k: number) =>
    Float64Array.from({ length: 288 }, (_, i) => {
      const phase = 2 * Math.PI * k * (i >> 1) / 12;
      return 1 + (i % 2 === 0 ? Math.cos(phase) : Math.sin(phase));
    });
  // Five periods in six pixels cannot be; two can.
  assertNear(fourierResample(wave(5), fine, coarse), new Float64Array(72).fill(1), 1e-12);
  const two = fourierResample(wave(2), fine, coarse);
  assert.ok(Math.abs(two[0]! - 2) < 1e-12 && Math.abs(two[2]! - (1 + Math.cos(4 * Math.PI / 6))) < 1e-12);
});
