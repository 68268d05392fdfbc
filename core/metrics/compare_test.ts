/** Known shifts, ramps, factors and noise come back as numbers. */

import assert from "node:assert/strict";
import { complexArray } from "../../kernels/nd_array.ts";
import { isPtychoError } from "../errors.ts";
import { addRamp, type ComplexPlane } from "./complex_plane.ts";
import { compareObjects } from "./compare.ts";
import { scaled } from "./alignment.ts";
import { area, rectangleRegion } from "./scanned_region.ts";

const PSIZE = [2e-8, 2e-8] as const;

/** A smooth, asymmetric, band-limited transmission, evaluated anywhere, so that shifts of any size are exact. */
function specimen(y: number, x: number): [number, number] {
  const amplitude = 0.8 + 0.1 * Math.sin(0.31 * y + 0.11 * x) + 0.05 * Math.cos(0.05 * x * x / 20 - 0.4 * y);
  const phase = 0.7 * Math.sin(0.23 * x - 0.07 * y) + 0.5 * Math.exp(-((y - 30) ** 2 + (x - 41) ** 2) / 60);
  return [amplitude * Math.cos(phase), amplitude * Math.sin(phase)];
}

function picture(rows: number, cols: number, shift: readonly [number, number] = [0, 0]): ComplexPlane {
  const data = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) data.set(specimen(y + shift[0], x + shift[1]), 2 * (y * cols + x));
  }
  return { rows, cols, data };
}

function arrayOf(plane: ComplexPlane) {
  return complexArray(plane.data, [1, plane.rows, plane.cols]);
}

/** Seeded normal numbers (Park-Miller and Box-Muller). */
function noise(count: number, options: { seed: number; sigma: number }): Float64Array {
  let state = options.seed;
  const uniform = () => (state = state * 16807 % 2147483647) / 2147483647;
  return Float64Array.from(
    { length: count },
    () => options.sigma * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

const A = picture(98, 98);
const REGION = rectangleRegion({ y0: 15, x0: 12, y1: 82, x1: 85 }, A);

const CASES = [
  { shift: [0, 0], ramp: [0, 0], shape: [98, 98], below: 1e-12 },
  { shift: [0, 0], ramp: [0, 0], shape: [98, 99], below: 1e-12 },
  { shift: [3, -5], ramp: [0.0123, -0.0071], shape: [98, 99], below: 1e-6 },
  { shift: [-7, 4], ramp: [0.09, 0.21], shape: [110, 97], below: 1e-6 },
  { shift: [11, 12], ramp: [-0.003, 0.0004], shape: [70, 75], below: 1e-6 },
  { shift: [0.37, -1.61], ramp: [0.004, 0.002], shape: [99, 98], below: 2e-3 },
] as const;

for (const c of CASES) {
  Deno.test(`compareObjects() recovers shift, ramp and scale: ${Deno.inspect(c)}`, () => {
    const scale = [0.6, -1.3] as const;
    const moved = picture(c.shape[0], c.shape[1], c.shift);
    const b = scaled(addRamp(moved, [-c.ramp[0], -c.ramp[1]]), scale);
    const { comparison } = compareObjects(arrayOf(A), arrayOf(b), { psize: PSIZE, region: REGION });
    assert.ok(comparison.nrmse < c.below, `nrmse ${comparison.nrmse}`);
    assert.ok(comparison.phaseRms < 2 * c.below, `phase ${comparison.phaseRms}`);
    for (const axis of [0, 1] as const) {
      assert.ok(
        Math.abs(comparison.alignment.shift[axis] - c.shift[axis]) < 2 * c.below,
        `shift ${comparison.alignment.shift}`,
      );
      assert.ok(
        Math.abs(comparison.alignment.ramp[axis] - c.ramp[axis]) < c.below,
        `ramp ${comparison.alignment.ramp}`,
      );
    }
    assert.ok(Math.abs(Math.hypot(...comparison.alignment.scale) - 1 / Math.hypot(...scale)) < 5 * c.below);
    assert.equal(comparison.resolution.halfBit.beyond, true);
    assert.equal(comparison.resolution.halfBit.metres, 2e-8);
  });
}

Deno.test("compareObjects() of a noisy picture gives the closed form sqrt(N s^2 / (P + N s^2))", () => {
  const sigma = 0.1;
  const n = noise(A.data.length, { seed: 4711, sigma });
  const b = { ...A, data: A.data.map((v, i) => v + n[i]!) };
  const { comparison } = compareObjects(arrayOf(A), arrayOf(b), { psize: PSIZE, region: REGION });
  let power = 0;
  for (let i = 0; i < REGION.mask.length; i++) {
    if (REGION.mask[i]) power += A.data[2 * i]! ** 2 + A.data[2 * i + 1]! ** 2;
  }
  const added = 2 * area(REGION) * sigma ** 2;
  const expected = Math.sqrt(added / (power + added));
  // 9782 squared normal numbers: the sum has a relative spread of 1.4 %, its root of 0.7 %.
  assert.ok(Math.abs(comparison.nrmse / expected - 1) < 0.03, `${comparison.nrmse} against ${expected}`);
  // The noise is white, the specimen smooth: the rings must cross below Nyquist.
  assert.equal(comparison.resolution.halfBit.beyond, false);
  assert.ok(comparison.resolution.oneBit.pixels >= comparison.resolution.halfBit.pixels);
});

Deno.test("compareObjects() shares shift and ramp among layers and fits each layer's own factor", () => {
  const second = { ...A, data: A.data.map((v, i) => 0.2 * v * (1 + 0.1 * Math.sin(i >> 1))) };
  const both = new Float64Array(2 * A.data.length);
  both.set(A.data);
  both.set(second.data, A.data.length);
  const other = new Float64Array(both.length);
  other.set(scaled(A, [0, 1]).data);
  other.set(scaled(second, [-2, 0.5]).data, A.data.length);
  const shape = [2, 98, 98];
  const { comparison } = compareObjects(complexArray(both, shape), complexArray(other, shape), {
    psize: PSIZE,
    region: REGION,
  });
  assert.ok(comparison.nrmse < 1e-12);
});

Deno.test("compareObjects() refuses different numbers of layers and values that are not finite", () => {
  const two = complexArray(new Float64Array(4 * 98 * 98).fill(1), [2, 98, 98]);
  assert.throws(
    () => compareObjects(arrayOf(A), two, { psize: PSIZE, region: REGION }),
    (e) => isPtychoError(e, "DataError") && /1 layers in A and 2 in B/.test(e.message),
  );
  const broken = { ...A, data: A.data.slice() };
  broken.data[2 * (98 * 4 + 7)] = NaN;
  assert.throws(
    () => compareObjects(arrayOf(broken), arrayOf(A), { psize: PSIZE, region: REGION }),
    (e) => isPtychoError(e, "DataError") && /layer 0, pixel \(4, 7\)/.test(e.message),
  );
});

Deno.test("compareObjects() refuses a picture that is zero", () => {
  const zero = { ...A, data: new Float64Array(A.data.length) };
  assert.throws(
    () => compareObjects(arrayOf(A), arrayOf(zero), { psize: PSIZE, region: REGION }),
    (e) => isPtychoError(e, "DataError"),
  );
});
