/** Shifts by cross-correlation, frequencies between samples. */

import assert from "node:assert/strict";
import { addRamp, type ComplexPlane } from "./complex_plane.ts";
import { register } from "./register.ts";
import { spectralPeak } from "./spectral_peak.ts";

/** A lone bump with a phase of its own, well inside, so that its outline does not matter. */
function bump(rows: number, cols: number, centre: readonly [number, number]): ComplexPlane {
  const data = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const v = Math.exp(-((y - centre[0]) ** 2 / 18 + (x - centre[1]) ** 2 / 8));
      data[2 * (y * cols + x)] = v;
      data[2 * (y * cols + x) + 1] = 0.3 * v;
    }
  }
  return { rows, cols, data };
}

const CASES = [
  { a: [20, 22], b: [20, 22], upsample: 1 },
  { a: [20, 22], b: [17, 27], upsample: 1 },
  // A small picture far inside of a large one.
  { a: [20, 22], b: [100, 9], large: [130, 60], upsample: 1 },
  { a: [20.35, 22.1], b: [18, 24.6], upsample: 100 },
] as const;

for (const c of CASES) {
  Deno.test(`register() finds the shift between two bumps in pictures of different shapes: ${Deno.inspect(c)}`, () => {
    const size: readonly [number, number] = "large" in c ? c.large : [39, 50];
    const found = register(bump(41, 44, c.a), bump(...size, c.b), { upsample: c.upsample });
    for (const axis of [0, 1] as const) {
      assert.ok(Math.abs(found.shift[axis] - (c.a[axis] - c.b[axis])) <= 0.5 / c.upsample + 1e-9, `${found.shift}`);
    }
    assert.ok(found.correlation > 0.999 && found.correlation <= 1 + 1e-12);
  });
}

Deno.test("spectralPeak() finds the frequency of a plane wave between samples", () => {
  const flat = { rows: 30, cols: 37, data: new Float64Array(2 * 30 * 37).map((_, i) => (i + 1) % 2) };
  const peak = spectralPeak(addRamp(flat, [0.0721, -0.2049]), { upsample: 64 });
  assert.ok(Math.abs(peak.frequency[0] - 0.0721) < 0.5 / 64 / 30);
  assert.ok(Math.abs(peak.frequency[1] + 0.2049) < 0.5 / 64 / 37);
  assert.ok(Math.hypot(...peak.value) > 0.999 * 30 * 37);
});
