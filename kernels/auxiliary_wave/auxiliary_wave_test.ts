/** Auxiliary and exit waves of the difference map, worked by hand. */

import { assertEquals } from "@std/assert/equals.js";
import { assertClose, ROUNDING, seededNumbers } from "../testing.ts";
import { addWave } from "./add_wave.ts";
import { buildAux } from "./build_aux.ts";
import { buildExit } from "./build_exit.ts";
import { makeModel } from "./make_model.ts";
import { fetchWave, storeWave } from "./store_wave.ts";

/** One row of two pixels, seen at column 1 of an object of three; the model is 2i and (1 + i)(3 - i) = 4 + 2i. */
const SHAPE = { modes: 1, rows: 1, cols: 2, propagators: [] } as const;
const ADDRESS_TABLE = Int32Array.of(0, 0, 3, 0, 1, 0, 0);
const PROBE = Float64Array.of(0, 1, 1, 1);
const OBJECT = Float64Array.of(9, 9, 2, 0, 3, -1);
const MODEL = [0, 2, 4, 2];
const EXIT = [1, 1, -2, 0];

Deno.test("makeModel() is probe times object at the view", () => {
  const wave = new Float64Array(4);
  makeModel.cpu({ wave, probe: PROBE, object: OBJECT, address: ADDRESS_TABLE }, {}, SHAPE);
  assertEquals(Array.from(wave), MODEL);
});

Deno.test("addWave() adds the model by its weight", () => {
  const [wave, model] = [Float64Array.from(EXIT), Float64Array.from(MODEL)];
  addWave.cpu({ wave, model }, { weight: -0.5 }, SHAPE);
  assertEquals([Array.from(wave), Array.from(model)], [[1, 0, -4, -1], MODEL]);
});

Deno.test("buildAux() is (1 + alpha) model - alpha exitWave", () => {
  for (const alpha of [0, 0.5, 1]) {
    const wave = new Float64Array(4);
    const [model, exitWave] = [Float64Array.from(MODEL), Float64Array.from(EXIT)];
    buildAux.cpu({ wave, model, exitWave }, { alpha }, SHAPE);
    assertClose(wave, MODEL.map((v, i) => (1 + alpha) * v - alpha * EXIT[i]!), ROUNDING);
  }
});

Deno.test("buildExit() adds the projected wave and takes the model away; errors[2] is the mean squared change", () => {
  const { exitWave, errors } = exit({ alpha: 0.5, within: 0 });
  assertClose(exitWave, [1 + 5 - 0, 1 + 6 - 2, -2 + 7 - 4, 0 + 8 - 2], ROUNDING);
  assertClose(errors, [1, 2, (25 + 16 + 9 + 36) / 2], ROUNDING);
});

Deno.test("buildExit() moves by alpha towards the model where the frame lay within its bound", () => {
  const { exitWave, errors } = exit({ alpha: 0.5, within: 1 });
  assertClose(exitWave, [0.5, 1.5, 1, 1], ROUNDING);
  assertClose(errors, [1, 2, (0.25 + 0.25 + 9 + 1) / 2], ROUNDING);
});

Deno.test("storeWave() rounds to the run's precision, fetchWave() brings back what was stored", () => {
  const [wave, stored, back] = [seededNumbers(8, 1), new Float32Array(8), new Float64Array(8)];
  storeWave.cpu({ stored, wave }, {}, SHAPE);
  fetchWave.cpu({ wave: back, stored }, {}, SHAPE);
  assertEquals(Array.from(back), Array.from(wave, Math.fround));
});

function exit({ alpha, within }: { alpha: number; within: number }) {
  const [exitWave, errors] = [Float64Array.from(EXIT), Float64Array.of(1, 2, 3)];
  const [wave, model] = [Float64Array.of(5, 6, 7, 8), Float64Array.from(MODEL)];
  buildExit.cpu({ exitWave, wave, model, within: Float64Array.of(within, 0), errors }, { alpha }, SHAPE);
  assertEquals(wave, exitWave);
  return { exitWave, errors };
}
