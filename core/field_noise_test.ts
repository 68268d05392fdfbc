/** Statistics and weights of random fields. */

import assert from "node:assert/strict";
import { isPtychoError } from "./errors.ts";
import { diversify, fieldNoise } from "./field_noise.ts";
import { createRandom } from "./random.ts";

const STACK = { layers: 3, rows: 16, cols: 12 };

function flat(): Float64Array {
  return Float64Array.from({ length: 2 * 3 * 16 * 12 }, (_, i) => 1 - i % 2);
}

function powers(stack: Float64Array): number[] {
  return [0, 1, 2].map((layer) =>
    stack.subarray(layer * 384, (layer + 1) * 384).reduce((sum, v) => sum + v * v, 0) / 192
  );
}

Deno.test("fieldNoise() of two numbers has modulus 1 and a phase of the given rms where features are single pixels", () => {
  const noise = fieldNoise([0.3, 0], { layers: 20, rows: 16, cols: 12, random: createRandom(3) });
  let square = 0;
  for (let i = 0; i < noise.length; i += 2) {
    assert.ok(Math.abs(Math.hypot(noise[i]!, noise[i + 1]!) - 1) < 1e-12);
    square += Math.atan2(noise[i + 1]!, noise[i]!) ** 2;
  }
  // 3840 draws: the rms scatters by 0.3 / sqrt(2 * 3840) = 0.0034.
  assert.ok(Math.abs(Math.sqrt(square / 3840) - 0.3) < 0.014);
});

Deno.test("fieldNoise() of four numbers has a modulus around 1, and layers differ", () => {
  const noise = fieldNoise([0, 1, 0.1, 0], { ...STACK, random: createRandom(3) });
  assert.ok(noise.every((v, i) => i % 2 === 0 ? Math.abs(v - 1) < 0.6 : v === 0));
  assert.notDeepEqual(noise.subarray(0, 384), noise.subarray(384, 768));
});

Deno.test("diversify() weighs layers 1 : p1 : p2 over their sum, the last power repeated", () => {
  const one = flat();
  diversify(one, { noise: [0.5, 1], power: 0.1, shift: null }, {
    ...STACK,
    psize: [1, 1],
    random: createRandom(1),
    where: "d",
  });
  for (const [i, w] of [1, 0.1, 0.1].entries()) assert.ok(Math.abs(powers(one)[i]! - w / 1.2) < 1e-12);
  const two = flat();
  diversify(two, { noise: null, power: [0.3, 0.2], shift: null }, {
    ...STACK,
    psize: [1, 1],
    random: createRandom(1),
    where: "d",
  });
  for (const [i, w] of [1, 0.3, 0.2].entries()) assert.ok(Math.abs(powers(two)[i]! - w / 1.5) < 1e-12);
});

Deno.test("diversify() leaves the first layer's phase and a single layer alone", () => {
  const stack = flat();
  diversify(stack, { noise: [0.5, 1], power: 0.1, shift: null }, {
    ...STACK,
    psize: [1, 1],
    random: createRandom(1),
    where: "d",
  });
  assert.ok(stack.subarray(0, 384).every((v, i) => i % 2 === 0 || v === 0));
  assert.ok(stack.subarray(384).some((v, i) => i % 2 === 1 && v !== 0));
  const single = flat().subarray(0, 384);
  diversify(single, { noise: [0.5, 1], power: 0.1, shift: null }, {
    ...STACK,
    layers: 1,
    psize: [1, 1],
    random: createRandom(1),
    where: "d",
  });
  assert.deepEqual(single, flat().subarray(0, 384));
});

/** Middles of the layers of a stack with one spot in the middle, shifted, as (y, x) distances in pixels. */
function shifts(layers: number, shift: number): (readonly [number, number])[] {
  const [rows, cols] = [40, 32];
  const stack = Float64Array.from({ length: 2 * layers * rows * cols }, (_, i) => {
    const pixel = Math.floor(i / 2) % (rows * cols);
    const [y, x] = [Math.floor(pixel / cols) - 20, pixel % cols - 16];
    return i % 2 === 0 ? Math.exp(-(y * y + x * x) / 8) : 0;
  });
  const plane = { layers, rows, cols, psize: [1e-7, 2e-7] as const, random: createRandom(1), where: "d" };
  diversify(stack, { noise: null, power: 1, shift }, plane);
  return Array.from({ length: layers }, (_, layer) => {
    let [sum, sy, sx] = [0, 0, 0];
    for (let pixel = 0; pixel < rows * cols; pixel++) {
      const power = stack[2 * (layer * rows * cols + pixel)]! ** 2;
      sum += power;
      sy += power * (Math.floor(pixel / cols) - 20);
      sx += power * (pixel % cols - 16);
    }
    return [sy / sum, sx / sum] as const;
  });
}

function assertShifts(found: (readonly [number, number])[], expected: (readonly [number, number])[]): void {
  assert.ok(found.every(([y, x], i) => Math.hypot(y - expected[i]![0], x - expected[i]![1]) < 1e-6), String(found));
}

Deno.test("diversify() shifts further layers by so many metres, in directions that are spread evenly; the first stays", () => {
  assertShifts(shifts(2, 5e-7), [[0, 0], [0, 2.5]]);
  assertShifts(shifts(3, 5e-7), [[0, 0], [0, 2.5], [0, -2.5]]);
  assertShifts(shifts(5, -5e-7), [[0, 0], [0, -2.5], [-5, 0], [0, 2.5], [5, 0]]);
  assertShifts(shifts(1, 5e-7), [[0, 0]]);
});

Deno.test("diversify() refuses a shift of half the array", () => {
  for (const shift of [2e-6, -1, NaN]) {
    const plane = {
      ...STACK,
      psize: [1e-7, 1e-7] as const,
      random: createRandom(1),
      where: "scans.A.sample.diversity",
    };
    assert.throws(
      () => diversify(flat(), { noise: null, power: 0.1, shift }, plane),
      (e: unknown) =>
        isPtychoError(e, "ParameterError") && /^scans\.A\.sample\.diversity\.shift: found/.test(e.message),
    );
  }
});
