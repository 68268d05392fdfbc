/** The seam: blocks, saving and loading give the same bytes with every engine, on data with several blocks and storages. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertRejects } from "@std/assert/rejects.js";
import { dmParams } from "../parameters/engine/dm.ts";
import { dummyParams } from "../parameters/engine/dummy.ts";
import { mlParams } from "../parameters/engine/ml.ts";
import type { Device } from "../../kernels/device.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import type { Data, State } from "../../kernels/reconstruction.ts";
import { DivergedError } from "../errors.ts";
import { bytesOf, ENGINE_CASES, ITERATIONS, makeStart, openCase, runInBlocks, runInSessions } from "./engine_cases.ts";
import { ENGINES, type SupportedParams } from "./mod.ts";
import type { EngineSession } from "./run_engine.ts";

Deno.test("the seam is tested with every engine", () => {
  assertEquals(new Set(Object.values(ENGINE_CASES).map((p) => p.name)), new Set(ENGINES.map((e) => e.name)));
});

for (const precision of ["single", "double"] as const) {
  for (const [title, p] of Object.entries(ENGINE_CASES)) {
    Deno.test(`${title} in ${precision}: one block = blocks of one = save, load elsewhere, continue`, async () => {
      const options = { p, precision, device: createReferenceDevice() };
      const whole = await runInBlocks(options, [ITERATIONS]);
      assertEquals(await runInBlocks(options, Array(ITERATIONS).fill(1)), whole);
      assertEquals(await runInSessions(options, [1, ITERATIONS - 2, 1]), whole);
    });
  }
}

for (const title of ["DM with everything", "ML with everything", "ePIE"]) {
  Deno.test(`${title} lowers its own error on three blocks and moves probe and object`, async () => {
    const p = ENGINE_CASES[title]!;
    const { data, state } = makeStart("double");
    const session = await open(p, data, state);
    const first = (await session.iterate(1)).errors[0]!;
    const last = (await session.iterate(15)).errors.at(-1)!;
    const column = p.name === "ML" ? 1 : 0;
    assert(last[column] < 0.8 * first[column], `${first[column]} -> ${last[column]}`);
    const { arrays } = await session.finish();
    for (const name of ["probe", "object"]) assert(bytesOf(arrays[name]!) !== bytesOf(state.arrays[name]!));
    session.close();
  });
}

Deno.test("finish() keeps what the next engine needs and drops the engine's own arrays", async () => {
  const { data, state } = makeStart("double");
  const dm = await open(ENGINE_CASES["DM"]!, data, state);
  await dm.iterate(2);
  const between = await dm.finish();
  const without = await dm.finish({ exitWaves: false });
  dm.close();
  const waves = ["exitWave/S0000", "exitWave/S0001", "exitWave/S0002"];
  assertEquals(Object.keys(between.arrays).sort(), [...waves, "object", "positions", "probe"]);
  assertEquals([between.iterations, between.iteration], [2, 0]);
  assertEquals(Object.keys(without.arrays).sort(), ["object", "positions", "probe"]);
  const ml = await open(ENGINE_CASES["ML"]!, data, between);
  await ml.iterate(3);
  const saved = await ml.save();
  const after = await ml.finish();
  ml.close();
  assertEquals([saved.iterations, saved.iteration, after.iterations, after.iteration], [5, 3, 5, 0]);
  assert("objectDirection" in saved.arrays);
  assertEquals(Object.keys(after.arrays).sort(), Object.keys(between.arrays).sort());
  for (const name of waves) assertEquals(bytesOf(after.arrays[name]!), bytesOf(between.arrays[name]!));
});

Deno.test("position refinement finds frames that lie elsewhere, and their views become part of the state", async () => {
  const { data, state, truth } = makeStart("double");
  // With the true object and probe held fast only positions can improve.
  const p = dmParams.parse({
    name: "DM",
    object_inertia: 1e9,
    probe_update_start: 99,
    position_refinement: { start: 0, stop: 60, nshifts: 8, amplitude: 4e-6, max_shift: 5e-6 },
  });
  const session = await open(p, data, { ...state, arrays: { ...state.arrays, object: truth } });
  await session.iterate(40);
  const { arrays } = await session.finish();
  session.close();
  // A trial moves both axes by a pixel or more, so that a frame may end beside its place; a frame in its place stays there.
  const left: number[] = [];
  for (const { ID, address, modes, frames } of data.blocks) {
    const moved = arrays[`address/${ID}`]!.data as Int32Array;
    for (let row = 0; row < frames * modes; row++) {
      const [oy, ox] = [3, 4].map((column) => moved[7 * row + column]! - address[7 * row + column]!) as [
        number,
        number,
      ];
      const odd = Math.floor(row / modes) % 2;
      const miss = Math.hypot(oy - 2 * odd, ox - odd);
      if (odd === 0) assertEquals([ID, row, miss], [ID, row, 0]);
      else if (row % modes === 0) left.push(miss);
      // All modes of a frame move together.
      const first = 7 * (row - row % modes);
      assertEquals([moved[first + 3], moved[first + 4]], [moved[7 * row + 3], moved[7 * row + 4]]);
    }
  }
  assert(left.filter((miss) => miss <= 1).length >= left.length - 1, `${left} pixels left of 2.2`);
  assert(bytesOf(arrays["positions"]!) !== bytesOf(state.arrays["positions"]!));
});

Deno.test("openEngine() rejects numbers that are not finite, naming engine and iteration", async () => {
  const { data, state } = makeStart("double");
  const object = (state.arrays["object"]!.data as Float64Array).slice();
  object[2 * (10 * data.objects[0]!.cols + 10)] = NaN;
  const broken = { ...state, arrays: { ...state.arrays, object: { ...state.arrays["object"]!, data: object } } };
  const session = await open(ENGINE_CASES["DM"]!, data, broken);
  const error = await assertRejects(() => session.iterate(2), DivergedError, "DM");
  assertEquals(error.fields, { engine: "DM", iteration: 1 });
  session.close();
});

Deno.test("openEngine() rejects a state that does not fit the data", async () => {
  const { data, state } = makeStart("double");
  const probe = { ...state.arrays["probe"]!, data: new Float64Array(10), shape: [5] };
  await assertRejects(
    () => open(ENGINE_CASES["DM"]!, data, { ...state, arrays: { ...state.arrays, probe } }),
    ShapeError,
    'array "probe"',
  );
});

Deno.test("ML refuses the Euclidean likelihood", async () => {
  const { data, state } = makeStart("double");
  await assertRejects(() => open(mlParams.parse({ name: "ML", ML_type: "euclid" }), data, state), Error, "euclid");
});

Deno.test("openEngine() gives the device's memory back when the engine does not start", async () => {
  const { data, state } = makeStart("double");
  const inner = createReferenceDevice();
  let [given, back] = [0, 0];
  const device: Device = {
    ...inner,
    async load(...values) {
      given++;
      const resident = await inner.load(...values);
      return { ...resident, [Symbol.dispose]: () => void back++ };
    },
  };
  await assertRejects(() => openCase({ p: mlParams.parse({ name: "ML", ML_type: "euclid" }), device, data, state }));
  assertEquals([given, back], [1, 1]);
});

Deno.test("Dummy waits itertime and reports 0.9^i", async () => {
  const { data, state } = makeStart("double");
  const session = await open(dummyParams.parse({ name: "Dummy", itertime: 0.02 }), data, state);
  const begin = performance.now();
  const { errors } = await session.iterate(3);
  assert(performance.now() - begin >= 55);
  assertEquals(errors.map((row) => row.map((v) => Number(v.toFixed(12)))), [[0, 1, 0], [0, 0.9, 0], [0, 0.81, 0]]);
  session.close();
});

function open(p: SupportedParams, data: Data, state: State): Promise<EngineSession> {
  return openCase({ p, device: createReferenceDevice(), data, state });
}
