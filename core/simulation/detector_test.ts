/** Detectors: where they have pixels, and what becomes of photons. */

import assert from "node:assert/strict";
import { DETECTOR_NAMES, detectorParams } from "../parameters/scandata/detector.ts";
import { createRandom } from "../random.ts";
import { detect, type Detector, detectorOf, detectorWeight } from "./detector.ts";

function own(given: Record<string, unknown>): Detector {
  return detectorOf(detectorParams.parse(given));
}

function counts(
  photons: readonly number[],
  given: Record<string, unknown>,
  seed = 1,
): { frame: number[]; weight: number[] } {
  const frame = Float64Array.from(photons);
  const weight = new Uint8Array(photons.length).fill(1);
  detect(frame, weight, { detector: own(given), random: createRandom(seed) });
  return { frame: [...frame], weight: [...weight] };
}

Deno.test("detectorOf() gives sold detectors the sizes of their data sheets", () => {
  const size = (name: string) => detectorOf(name).shape;
  assert.deepEqual(size("PILATUS_300K"), [619, 487]);
  assert.deepEqual(size("PILATUS_1M"), [1043, 981]);
  assert.deepEqual(size("PILATUS_2M"), [1679, 1475]);
  assert.deepEqual(size("PILATUS_6M"), [2527, 2463]);
  assert.deepEqual(size("EIGER_1M"), [1065, 1030]);
  assert.deepEqual(size("EIGER_4M"), [2167, 2070]);
  assert.deepEqual(size("EIGER_9M"), [3269, 3110]);
  assert.deepEqual(size("EIGER_16M"), [4371, 4150]);
  assert.ok(DETECTOR_NAMES.every((name) => detectorOf(name).qe > 0));
});

Deno.test("detectorOf() takes what is written in place of what the named detector has", () => {
  const changed = own({ name: "PILATUS_300K", qe: 0.5, shape: 100 });
  assert.deepEqual({ ...changed, shape: null, qe: 1 }, { ...detectorOf("PILATUS_300K"), shape: null });
  assert.deepEqual([changed.shape, changed.qe], [[100, 100], 0.5]);
});

Deno.test("detectorWeight() is 0 in gaps and beyond the edge, with middle on middle", () => {
  const detector = own({ shape: [5, 7], modules: [2, 3], gaps: [1, 1] });
  const rows = (frame: readonly [number, number]) => {
    const weight = detectorWeight(detector, frame);
    return Array.from({ length: frame[0] }, (_, y) => weight.slice(y * frame[1], (y + 1) * frame[1]).join(""));
  };
  assert.deepEqual(rows([5, 7]), ["1110111", "1110111", "0000000", "1110111", "1110111"]);
  // Of 7 rows, row 3 is the middle and lies on row 2 of the detector; of 4 columns, column 2 lies on its column 3.
  assert.deepEqual(rows([7, 4]), ["0000", "1101", "1101", "0000", "1101", "1101", "0000"]);
});

Deno.test("a PILATUS_300K has gaps of 17 rows and no gaps of columns", () => {
  const weight = detectorWeight(detectorOf("PILATUS_300K"), [619, 487]);
  const valid = weight.reduce((sum, w) => sum + w, 0);
  assert.equal(valid, 3 * 195 * 487);
});

Deno.test("detect() clips at the well, counts whole units, and masks what was clipped", () => {
  const { frame, weight } = counts([0.9, 5, 7.9, 8, 9], { poisson: false, full_well: 8, adu: 2 });
  assert.deepEqual(frame, [0, 2, 3, 4, 4]);
  assert.deepEqual(weight, [1, 1, 1, 1, 0]);
});

Deno.test("detect() clips at what the type holds, and keeps fractions of floats", () => {
  const given = { poisson: false, dtype: "uint8" };
  assert.deepEqual(counts([254, 255, 256], given), { frame: [254, 255, 255], weight: [1, 1, 0] });
  assert.deepEqual(counts([1e9], { poisson: false, dtype: "int16" }), { frame: [32767], weight: [0] });
  assert.deepEqual(counts([1.5], { poisson: false, dtype: "float64" }).frame, [1.5]);
});

Deno.test("detect() draws from the Poisson distribution of qe times the photons", () => {
  const [photons, qe, draws] = [50, 0.4, 4000];
  const { frame } = counts(Array(draws).fill(photons), { qe });
  const mean = frame.reduce((a, b) => a + b) / draws;
  const variance = frame.reduce((a, b) => a + (b - mean) ** 2, 0) / draws;
  // Mean and variance are both 20; four standard deviations of their estimates from 4000 draws.
  assert.ok(Math.abs(mean - 20) < 4 * Math.sqrt(20 / draws), String(mean));
  assert.ok(Math.abs(variance - 20) < 4 * 20 * Math.sqrt(2.05 / draws), String(variance));
});

Deno.test("detect() adds the modulus of the readout noise", () => {
  const { frame } = counts(Array(4000).fill(0), { shot_noise: 3, dtype: "float64" });
  const mean = frame.reduce((a, b) => a + b) / 4000;
  assert.ok(frame.every((v) => v >= 0));
  // A normal distribution folded at 0 has mean s sqrt(2 / pi) and variance s^2 (1 - 2 / pi).
  assert.ok(Math.abs(mean - 3 * Math.sqrt(2 / Math.PI)) < 4 * 3 * Math.sqrt((1 - 2 / Math.PI) / 4000), String(mean));
});
