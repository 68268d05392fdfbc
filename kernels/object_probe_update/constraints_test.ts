/** Weighted means, clipping, support, centring, change, coverage and the updates from a single view. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertClose, ROUNDING } from "../testing.ts";
import { centerProbe } from "./center_probe.ts";
import { clipObject } from "./clip_object.ts";
import { coupleEnergies } from "./couple_energies.ts";
import { averageCovered, countCoverage } from "./coverage.ts";
import { exitDifference, objectPeak, objectUpdateLocal, probeUpdateLocal } from "./local_update.ts";
import { probeChange, probeConverged } from "./probe_change.ts";
import { probeSupport } from "./probe_support.ts";
import { finishMean, startMean } from "./weighted_mean.ts";

Deno.test("a weighted mean of the old value 2 (weight 3) and the sum 10 with norm 5 is (6 + 10) / 8; norm 0 keeps the old", () => {
  const array = Float64Array.of(9, 9, 2, -2, 7, 1);
  const [sum, norm] = [new Float64Array(6), new Float64Array(3)];
  startMean.cpu({ sum, norm, array }, { start: 1, count: 1, oldWeight: 3, normStart: 3 });
  sum[2]! += 10;
  norm[1]! += 5;
  finishMean.cpu({ array, sum, norm }, {});
  assertClose(array, [9, 9, 2, -6 / 8, 7, 1], ROUNDING);
});

Deno.test("clipObject() keeps phases: 3 + 4i to modulus 2, 0.03i to 0.5, 0 to 0.5, 1 stays", () => {
  const object = Float64Array.of(3, 4, 0, 0.03, 0, 0, 1, 0);
  clipObject.cpu({ object }, { low: 0.5, high: 2 });
  assertClose(object, [1.2, 1.6, 0, 0.5, 0.5, 0, 1, 0], ROUNDING);
});

Deno.test("coupleEnergies() mixes layers pixel by pixel by the rows of the matrix, and leaves what is before and behind them", () => {
  // Two layers of two pixels behind one that is not theirs: 1 + 2i and 3, 10 and 20i.
  const array = Float64Array.of(9, 9, 1, 2, 3, 0, 10, 0, 0, 20, 8, 8);
  const matrix = Float64Array.of(1, 0.5, -2, 0.1);
  coupleEnergies.cpu({ array, matrix }, { start: 1, stride: 2, energies: 2 });
  assertClose(array, [9, 9, 6, 2, 3, 10, -1, -4, -6, 2, 8, 8], ROUNDING);
});

Deno.test("probeSupport() keeps pixels with pi r^2 < support * rows * cols about the geometric centre of every layer", () => {
  const probe = new Float64Array(2 * (1 + 2 * 16)).fill(1);
  // Limit 0.5 * 16 / pi = 2.55 px^2: the four inner pixels (r^2 = 0.5) and the edges beside them (r^2 = 2.5), not the corners.
  probeSupport.cpu({ probe }, { start: 1, layers: 2, rows: 4, cols: 4, support: 0.5 });
  const expected = [0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0];
  assertEquals(Array.from(probe).filter((_, i) => i % 2 === 0), [1, ...expected, ...expected]);
});

Deno.test("centerProbe() brings the centre of mass to (rows >> 1, cols >> 1) unless it is within the tolerance", () => {
  const rows = 12;
  const blob = Float64Array.from({ length: 2 * rows * rows }, (_, i) => {
    const [y, x] = [Math.floor(i / 2 / rows) - 6.8, (i >> 1) % rows - 4.9];
    return i % 2 === 0 ? Math.exp(-(y * y + x * x) / 3) : 0;
  });
  const before = centre(blob, rows);
  assert(Math.hypot(before[0] - 6, before[1] - 6) > 1);
  const kept = blob.slice();
  centerProbe.cpu({ probe: kept }, { start: 0, layers: 1, rows, cols: rows, tolerance: 2 });
  assertEquals(kept, blob);
  centerProbe.cpu({ probe: blob }, { start: 0, layers: 1, rows, cols: rows, tolerance: 0.5 });
  // Cubic splines of a Gaussian of 1.2 pixels are good to a thousandth of a pixel.
  assertClose(centre(blob, rows), [6, 6], 1e-3);
});

Deno.test("probeChange() is |4 - 0|^2 / |4|^2 first and |5 - 4|^2 / |5|^2 next; probeConverged() compares the root", () => {
  const [probe, previous, ratios] = [Float64Array.of(9, 9, 0, 4), new Float64Array(4), new Float64Array(2)];
  const done = new Float64Array(1);
  probeChange.cpu({ probe, previous, ratios }, { start: 1, count: 1, slot: 1 });
  assertEquals([Array.from(ratios), Array.from(previous)], [[0, 1], [0, 0, 0, 4]]);
  probe[3] = 5;
  probeChange.cpu({ probe, previous, ratios }, { start: 1, count: 1, slot: 1 });
  assertClose(ratios, [0, 1 / 25], ROUNDING);
  for (const [limit, expected] of [[0.15, 1], [0.14, 0]] as const) {
    probeConverged.cpu({ done, ratios }, { limit });
    assertEquals(done[0], expected); // sqrt((0 + 0.04) / 2) = 0.1414
  }
});

Deno.test("countCoverage() and averageCovered() zero what no view sees and shrink the rest by 1 / 1.00001", () => {
  const coverage = new Float64Array(6);
  const address = Int32Array.from([0, 0, 3, 1, 1, 0, 0]);
  countCoverage.cpu({ coverage, address }, {}, { modes: 1, rows: 1, cols: 2, propagators: [] });
  assertEquals(Array.from(coverage), [0, 0, 0, 0, 1, 1]);
  const object = new Float64Array(12).fill(2);
  averageCovered.cpu({ object, coverage }, { ranks: 1 });
  assertClose(object, [0, 0, 0, 0, 0, 0, 0, 0, 2 / 1.00001, 2 / 1.00001, 2 / 1.00001, 2 / 1.00001], ROUNDING);
});

Deno.test("objectPeak() orders complex numbers by real part, then imaginary part, and looks only at the first elements", () => {
  const peak = new Float64Array(1);
  const object = Float64Array.of(1, 9, 2, 1, 2, 3, 0, 50, 99, 0);
  objectPeak.cpu({ peak, object }, { count: 4 }, { modes: 1, rows: 1, cols: 1, propagators: [] });
  assertEquals(peak[0], 2 * 2 + 3 * 3);
});

Deno.test("the local updates move object and probe by conj(other) * difference over the peaks", () => {
  const shape = { modes: 1, rows: 1, cols: 2, propagators: [] };
  const address = Int32Array.from([0, 0, 3, 0, 1, 0, 0]);
  const [probe, object] = [Float64Array.of(2, 0, 0, 1), Float64Array.of(5, 5, 1, 0, 1, 1)];
  const [exitWave, wave, errors] = [new Float64Array(4), Float64Array.of(4, 0, 0, 3), Float64Array.of(1, 1, 0)];
  exitDifference.cpu({ exitWave, wave, probe, object, address, errors }, {}, shape);
  // Models are 2 and i (1 + i) = -1 + i; differences 2 and 1 + 2i.
  assertEquals([Array.from(exitWave), Array.from(wave)], [[4, 0, 0, 3], [2, 0, 1, 2]]);
  assertEquals(Array.from(errors), [1, 1, 4 + 5]);
  objectUpdateLocal.cpu({ object, probe, difference: wave, address }, { alpha: 0.5 }, shape);
  // Step 0.5 / 4: + 0.125 * 2 * 2 and + 0.125 * (-i) (1 + 2i) = 0.25 - 0.125i
  assertClose(object, [5, 5, 1.5, 0, 1.25, 0.875], ROUNDING);
  const peak = Float64Array.of(2);
  probeUpdateLocal.cpu({ probe, object, difference: wave, address, peak }, { beta: 1, support: -1 }, shape);
  // + 0.5 * 1.5 * 2 and + 0.5 * (1.25 - 0.875i) (1 + 2i) = 1.5 + 0.8125i
  assertClose(probe, [3.5, 0, 1.5, 1.8125], ROUNDING);
  probeUpdateLocal.cpu({ probe, object, difference: wave, address, peak }, { beta: 1, support: 0 }, shape);
  assertEquals(Array.from(probe), [0, 0, 0, 0]);
});

function centre(probe: Float64Array, cols: number): [number, number] {
  let [mass, y, x] = [0, 0, 0];
  for (let i = 0; i < probe.length / 2; i++) {
    const power = probe[2 * i]! ** 2 + probe[2 * i + 1]! ** 2;
    mass += power;
    y += power * Math.floor(i / cols);
    x += power * (i % cols);
  }
  return [y / mass, x / mass];
}
