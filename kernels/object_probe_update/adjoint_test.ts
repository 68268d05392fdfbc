/** Gathering views and scattering waves are adjoint to each other, and updates solve the least squares problem they claim to. */

import { assert } from "@std/assert/assert.js";
import { makeModel } from "../auxiliary_wave/make_model.ts";
import { objectGradient, probeGradient } from "../gradient_descent/gradient.ts";
import { makeChange } from "../gradient_descent/make_change.ts";
import { ADDRESS } from "../reconstruction.ts";
import { assertClose, innerProduct, ROUNDING, seededNumbers } from "../testing.ts";
import { objectUpdate } from "./object_update.ts";
import { probeUpdate } from "./probe_update.ts";

/** Two modes of 3 * 4 pixels: layer 1 of the probe at layer 0 of a 5 * 6 object, layer 0 at layer 1. */
const SHAPE = { modes: 2, rows: 3, cols: 4, propagators: [] } as const;
const ADDRESSES = [[[12, 0, 6, 1, 2, 0, 0], [0, 30, 6, 2, 0, 0, 0]], [[0, 0, 6, 0, 1, 0, 0], [12, 30, 6, 1, 1, 0, 0]]]
  .map((frame) => Int32Array.from(frame.flat()));
const [PROBE, OBJECT, WAVE] = [2 * 24, 2 * 60, 2 * 24];

Deno.test("the address table of the tests has the columns of ADDRESS", () => {
  assert(ADDRESSES.every((a) => a.length === SHAPE.modes * ADDRESS.columns));
});

Deno.test("objectGradient() is twice the adjoint of makeModel() as a function of the object", () => {
  const [probe, x] = [seededNumbers(PROBE, 1), seededNumbers(OBJECT, 2)];
  const gathered: number[] = [];
  const scattered = new Float64Array(OBJECT);
  const waves = ADDRESSES.map((_, frame) => seededNumbers(WAVE, 10 + frame));
  for (const [frame, address] of ADDRESSES.entries()) {
    const wave = new Float64Array(WAVE);
    makeModel.cpu({ wave, probe, object: x, address }, {}, SHAPE);
    gathered.push(...wave);
    objectGradient.cpu({ gradient: scattered, wave: waves[frame]!, probe, address }, {}, SHAPE);
  }
  const expected = innerProduct(gathered, waves.flatMap((w) => Array.from(w)));
  assertClose(innerProduct(x, scattered).map((v) => v / 2), expected, ROUNDING);
});

Deno.test("probeGradient() is twice the adjoint of makeModel() as a function of the probe", () => {
  const [x, object] = [seededNumbers(PROBE, 3), seededNumbers(OBJECT, 4)];
  const [address] = ADDRESSES as [Int32Array];
  const [wave, y, scattered] = [new Float64Array(WAVE), seededNumbers(WAVE, 5), new Float64Array(PROBE)];
  makeModel.cpu({ wave, probe: x, object, address }, {}, SHAPE);
  probeGradient.cpu({ gradient: scattered, wave: y, object, address }, {}, SHAPE);
  assertClose(innerProduct(x, scattered).map((v) => v / 2), innerProduct(wave, y), ROUNDING);
});

Deno.test("makeChange() is the first-order part of the model along a direction", () => {
  const [probe, object] = [seededNumbers(PROBE, 6), seededNumbers(OBJECT, 7)];
  const [probeDirection, objectDirection] = [seededNumbers(PROBE, 8), seededNumbers(OBJECT, 9)];
  const address = ADDRESSES[1]!;
  const at = (t: number) => {
    const wave = new Float64Array(WAVE);
    const moved = {
      probe: probe.map((v, i) => v + t * probeDirection[i]!),
      object: object.map((v, i) => v + t * objectDirection[i]!),
    };
    makeModel.cpu({ wave, ...moved, address }, {}, SHAPE);
    return wave;
  };
  const change = new Float64Array(WAVE);
  makeChange.cpu({ wave: change, probe, probeDirection, object, objectDirection, address }, {}, SHAPE);
  // The model is a parabola in t, so that the symmetric difference is exact.
  const [plus, minus] = [at(1), at(-1)];
  assertClose(change, plus.map((v, i) => (v - minus[i]!) / 2), ROUNDING);
});

Deno.test("objectUpdate() gives back the object that made the exit waves, where a view covers it", () => {
  const [probe, object] = [seededNumbers(PROBE, 11), seededNumbers(OBJECT, 12)];
  const [sum, norm] = [new Float64Array(OBJECT), new Float64Array(OBJECT / 2)];
  for (const address of ADDRESSES) {
    const exitWave = new Float64Array(WAVE);
    makeModel.cpu({ wave: exitWave, probe, object, address }, {}, SHAPE);
    objectUpdate.cpu({ sum, norm, exitWave, probe, address }, {}, SHAPE);
  }
  assertClose(sum.map((v, i) => norm[i >> 1] === 0 ? object[i]! : v / norm[i >> 1]!), object, ROUNDING);
  // Four views of 12 pixels, some of them shared: fewer than 48 of 60 pixels.
  assert(norm.filter((v) => v > 0).length > 30 && norm.filter((v) => v > 0).length < 48);
});

Deno.test("probeUpdate() gives back the probe that made the exit waves", () => {
  const [probe, object] = [seededNumbers(PROBE, 13), seededNumbers(OBJECT, 14)];
  const [sum, norm] = [new Float64Array(PROBE), new Float64Array(PROBE / 2)];
  for (const address of ADDRESSES) {
    const exitWave = new Float64Array(WAVE);
    makeModel.cpu({ wave: exitWave, probe, object, address }, {}, SHAPE);
    probeUpdate.cpu({ sum, norm, exitWave, object, address }, {}, SHAPE);
  }
  assertClose(sum.map((v, i) => v / norm[i >> 1]!), probe, ROUNDING);
});
