/** The pictures as test objects: their range, their detail and that they never change. */

import assert from "node:assert/strict";
import { createFft2 } from "../../kernels/fft/fft.ts";
import { flowerPicture } from "./flower.ts";
import { drawPicture, PICTURE_NAMES } from "./mod.ts";
import { moonPicture } from "./moon.ts";
import { starPicture } from "./star.ts";
import { treePicture } from "./tree.ts";

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

Deno.test("treePicture() transmits 0.5 to 1 with a phase of 0 to 2 rad, has a trunk and looks different from itself mirrored", () => {
  const n = 96;
  const { amplitude, phase } = polar(treePicture([n, n]).data);
  assert.ok(Math.min(...amplitude) >= 0.5 - 1e-12 && Math.max(...amplitude) <= 1 + 1e-12);
  assert.ok(Math.min(...phase) >= -1e-12 && Math.max(...phase) <= 2 && Math.max(...phase) > 1.5);
  const trunk = amplitude.filter((a, i) => Math.floor(i / n) === n - 5 && a < 0.6);
  assert.ok(trunk.length >= 3 && trunk.length <= 7, `${trunk.length} pixels of trunk`);
  const wood = amplitude.filter((a) => a < 0.8).length / (n * n);
  assert.ok(wood > 0.05 && wood < 0.5, `${wood} of the picture is wood`);
  const differs = phase.reduce((sum, v, i) => sum + (v - phase[i - i % n + n - 1 - i % n]!) ** 2, 0);
  assert.ok(Math.sqrt(differs / (n * n)) > 0.1);
});

Deno.test("starPicture() has 36 spokes of half a turn's part each, and an empty middle and border", () => {
  const n = 400;
  const star = starPicture([n, n]).data;
  const at = (radius: number, angle: number) => {
    const place = (v: number) => Math.round((n - 1) / 2 + radius * n / 2 * v);
    return star[place(Math.sin(angle)) * n + place(Math.cos(angle))]!;
  };
  const samples = Array.from({ length: 3600 }, (_, i) => at(0.7, 2 * Math.PI * i / 3600));
  const rises = samples.filter((v, i) => v > 0.5 && samples.at(i - 1)! <= 0.5).length;
  assert.equal(rises, 36);
  assert.ok(Math.abs(samples.reduce((sum, v) => sum + v, 0) / 3600 - 0.5) < 0.01);
  assert.ok([0, 0.02, 0.95].every((r) => at(r, 0) === 0) && at(0.46, 0) === 0 && at(0.7, 0) === 1);
  assert.ok(star.every((v) => v >= 0 && v <= 1));
});

Deno.test("drawPicture() knows the pictures by their names, at any shape; null for others", () => {
  for (const name of PICTURE_NAMES) {
    for (const shape of [[1, 1], [5, 40]] as const) {
      const picture = drawPicture(name, shape)!;
      assert.deepEqual(picture.shape, shape);
      assert.deepEqual(picture, drawPicture(name, shape));
      assert.ok(picture.data.every(Number.isFinite));
    }
  }
  assert.equal(drawPicture("toString", [2, 2]), null);
  for (const draw of [treePicture, starPicture]) assert.throws(() => draw([0, 4]), RangeError);
});
