/** The pictures as test objects: their range, their detail and that they never change. */

import assert from "node:assert/strict";
import { createFft2 } from "../../kernels/fft/fft.ts";
import { flowerPicture } from "./flower.ts";
import { moonPicture } from "./moon.ts";

function polar(data: ArrayLike<number>): { amplitude: number[]; phase: number[] } {
  const pixels = Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i]!, data[2 * i + 1]!] as const);
  return {
    amplitude: pixels.map(([re, im]) => Math.hypot(re, im)),
    phase: pixels.map(([re, im]) => Math.atan2(im, re)),
  };
}

Deno.test("flowerPicture() transmits 0.5 to 1 and shifts the phase over more than 1 rad without a wrap", () => {
  const { amplitude, phase } = polar(flowerPicture([150, 170]).data);
  assert.ok(Math.min(...amplitude) >= 0.5 - 1e-12 && Math.max(...amplitude) <= 1 + 1e-12);
  assert.ok(Math.max(...amplitude) - Math.min(...amplitude) > 0.3);
  assert.ok(Math.min(...phase) >= -1e-12 && Math.max(...phase) <= 2 && Math.max(...phase) - Math.min(...phase) > 1.5);
});

Deno.test("flowerPicture() has detail in every octave up to the pixel", () => {
  const n = 128;
  const data = Float64Array.from(flowerPicture([n, n]).data);
  createFft2(n, n).forward(data);
  for (const octave of [4, 8, 16, 32]) {
    let [power, count] = [0, 0];
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++) {
        const frequency = Math.max(Math.min(y, n - y), Math.min(x, n - x));
        if (frequency < octave || frequency >= 2 * octave) continue;
        power += data[2 * (y * n + x)]! ** 2 + data[2 * (y * n + x) + 1]! ** 2;
        count++;
      }
    }
    // White noise of 0.01 rms has n * n * 1e-4 in every frequency.
    assert.ok(power / count > n * n * 1e-4, `octave from ${octave}: ${power / count}`);
  }
});

Deno.test("flowerPicture() looks different from itself turned, mirrored and transposed", () => {
  const n = 60;
  const { phase } = polar(flowerPicture([n, n]).data);
  const at = (y: number, x: number) => phase[y * n + x]!;
  const others = [
    (y: number, x: number) => at(n - 1 - y, x),
    (y: number, x: number) => at(y, n - 1 - x),
    (y: number, x: number) => at(x, y),
    (y: number, x: number) => at(n - 1 - y, n - 1 - x),
  ];
  for (const other of others) {
    let difference = 0;
    for (let i = 0; i < n * n; i++) difference += (at(Math.floor(i / n), i % n) - other(Math.floor(i / n), i % n)) ** 2;
    assert.ok(Math.sqrt(difference / (n * n)) > 0.1);
  }
});

Deno.test("pictures have any shape and the same numbers on every call", () => {
  for (const shape of [[1, 1], [7, 40], [33, 32]] as const) {
    assert.deepEqual(flowerPicture(shape), flowerPicture(shape));
    assert.deepEqual(moonPicture(shape).shape, shape);
    assert.ok(moonPicture(shape).data.every(Number.isFinite));
    assert.ok(flowerPicture(shape).data.every(Number.isFinite));
  }
  assert.throws(() => flowerPicture([0, 4]), RangeError);
  assert.throws(() => moonPicture([2.5, 4]), RangeError);
});

Deno.test("moonPicture() fills the middle, is dark towards the edge, and has a phase of its own", () => {
  const n = 64;
  const { amplitude, phase } = polar(moonPicture([n, n]).data);
  const edge = amplitude.filter((_, i) => Math.hypot(Math.floor(i / n) - 32, i % n - 32) > 0.36 * n);
  assert.equal(Math.max(...edge), 0);
  const disc = phase.filter((_, i) => amplitude[i]! > 0.2);
  assert.ok(disc.length > 0.15 * n * n);
  assert.ok(Math.max(...disc) - Math.min(...disc) > 1);
});
