/** The seam: blocks, saving and loading give the same bytes with every engine, on data with several blocks and storages. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertRejects } from "@std/assert/rejects.js";
import { dmParams } from "../parameters/engine/dm.ts";
import { dmSimpleParams } from "../parameters/engine/dm_simple.ts";
import { dummyParams } from "../parameters/engine/dummy.ts";
import { epieParams } from "../parameters/engine/epie.ts";
import { mlParams } from "../parameters/engine/ml.ts";
import { ShapeError } from "../../kernels/errors.ts";
import type { NdArray, Precision } from "../../kernels/nd_array.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import type { Data, State } from "../../kernels/reconstruction.ts";
import { DivergedError } from "../errors.ts";
import { createRandom, restoreRandom } from "../random.ts";
import { ENGINES, type SupportedParams } from "./mod.ts";
import { type EngineSession, openEngine } from "./run_engine.ts";
import { syntheticData } from "./synthetic_data.ts";

const PARAMS: Record<string, SupportedParams> = {
  "DM": dmParams.parse({ name: "DM", probe_update_start: 1 }),
  "DM with everything": dmParams.parse({
    name: "DM",
    alpha: 0.9,
    probe_update_start: 0,
    clip_object: [0.5, 1.2],
    obj_smooth_std: 1.2,
    probe_center_tol: 0.1,
    position_refinement: { start: 1, stop: 9, amplitude: 4e-6, max_shift: 4e-6 },
  }),
  "DM_simple": dmSimpleParams.parse({ name: "DM_simple" }),
  "ML": mlParams.parse({ name: "ML", probe_update_start: 1 }),
  "ML with everything": mlParams.parse({
    name: "ML",
    probe_update_start: 0,
    floating_intensities: true,
    reg_del2: true,
    smooth_gradient: 1.5,
    smooth_gradient_decay: 0.1,
    scale_precond: true,
  }),
  "ML poisson": mlParams.parse({ name: "ML", ML_type: "poisson", floating_intensities: true, probe_update_start: 0 }),
  "ePIE": epieParams.parse({
    name: "ePIE",
    probe_update_start: 1,
    clip_object: [0, 1.5],
    obj_smooth_std: 1,
    synchronization: 2,
    probe_center_tol: 0.1,
  }),
  "Dummy": dummyParams.parse({ name: "Dummy", itertime: 0 }),
};

const ITERATIONS = 4;

Deno.test("the seam is tested with every engine", () => {
  assertEquals(new Set(Object.values(PARAMS).map((p) => p.name)), new Set(ENGINES.map((e) => e.name)));
});

for (const precision of ["single", "double"] as const) {
  for (const [title, p] of Object.entries(PARAMS)) {
    Deno.test(`${title} in ${precision}: one block = blocks of one = save, load elsewhere, continue`, async () => {
      const whole = await runWhole(p, precision);
      assertEquals(await runInBlocksOfOne(p, precision), whole);
      assertEquals(await runWithRestart(p, precision), whole);
    });
  }
}

for (const title of ["DM with everything", "ML with everything", "ePIE"]) {
  Deno.test(`${title} lowers its own error on three blocks and moves probe and object`, async () => {
    const p = PARAMS[title]!;
    const { data, state } = makeStart("double");
    const session = await open(p, data, state);
    const first = (await session.iterate(1)).errors[0]!;
    const last = (await session.iterate(15)).errors.at(-1)!;
    const column = p.name === "ML" ? 1 : 0;
    assert(last[column] < 0.8 * first[column], `${first[column]} -> ${last[column]}`);
    const { arrays } = await session.finish();
    for (const name of ["probe", "object"]) assert(bytes(arrays[name]!) !== bytes(state.arrays[name]!));
    session.close();
  });
}

Deno.test("finish() keeps what the next engine needs and drops the engine's own arrays", async () => {
  const { data, state } = makeStart("double");
  const dm = await open(PARAMS["DM"]!, data, state);
  await dm.iterate(2);
  const between = await dm.finish();
  dm.close();
  const waves = ["exitWave/S0000", "exitWave/S0001", "exitWave/S0002"];
  assertEquals(Object.keys(between.arrays).sort(), [...waves, "object", "positions", "probe"]);
  assertEquals([between.iterations, between.iteration], [2, 0]);
  const ml = await open(PARAMS["ML"]!, data, between);
  await ml.iterate(3);
  const saved = await ml.save();
  const after = await ml.finish();
  ml.close();
  assertEquals([saved.iterations, saved.iteration, after.iterations, after.iteration], [5, 3, 5, 0]);
  assert("objectDirection" in saved.arrays);
  assertEquals(Object.keys(after.arrays).sort(), Object.keys(between.arrays).sort());
  for (const name of waves) assertEquals(bytes(after.arrays[name]!), bytes(between.arrays[name]!));
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
  assert(bytes(arrays["positions"]!) !== bytes(state.arrays["positions"]!));
});

Deno.test("openEngine() rejects numbers that are not finite, naming engine and iteration", async () => {
  const { data, state } = makeStart("double");
  const object = (state.arrays["object"]!.data as Float64Array).slice();
  object[2 * (10 * data.objects[0]!.cols + 10)] = NaN;
  const broken = { ...state, arrays: { ...state.arrays, object: { ...state.arrays["object"]!, data: object } } };
  const session = await open(PARAMS["DM"]!, data, broken);
  const error = await assertRejects(() => session.iterate(2), DivergedError, "DM");
  assertEquals(error.fields, { engine: "DM", iteration: 1 });
  session.close();
});

Deno.test("openEngine() rejects a state that does not fit the data", async () => {
  const { data, state } = makeStart("double");
  const probe = { ...state.arrays["probe"]!, data: new Float64Array(10), shape: [5] };
  await assertRejects(
    () => open(PARAMS["DM"]!, data, { ...state, arrays: { ...state.arrays, probe } }),
    ShapeError,
    'array "probe"',
  );
});

Deno.test("ML refuses the Euclidean likelihood", async () => {
  const { data, state } = makeStart("double");
  await assertRejects(() => open(mlParams.parse({ name: "ML", ML_type: "euclid" }), data, state), Error, "euclid");
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

function makeStart(precision: Precision): ReturnType<typeof syntheticData> {
  return syntheticData({ precision, random: createRandom(11) });
}

function open(p: SupportedParams, data: Data, state: State): Promise<EngineSession> {
  return openEngine({ p, device: createReferenceDevice(), data, state, random: restoreRandom(state.random) });
}

async function runWhole(p: SupportedParams, precision: Precision): Promise<unknown> {
  const { data, state } = makeStart(precision);
  const session = await open(p, data, state);
  const { errors, localErrors } = await session.iterate(ITERATIONS);
  return finishRun(session, { errors, localErrors });
}

async function runInBlocksOfOne(p: SupportedParams, precision: Precision): Promise<unknown> {
  const { data, state } = makeStart(precision);
  const session = await open(p, data, state);
  const errors: unknown[] = [];
  let localErrors = new Float64Array(0);
  for (let i = 0; i < ITERATIONS; i++) {
    const metrics = await session.iterate(1);
    errors.push(...metrics.errors);
    localErrors = new Float64Array(metrics.localErrors);
  }
  return finishRun(session, { errors, localErrors });
}

async function runWithRestart(p: SupportedParams, precision: Precision): Promise<unknown> {
  const { data, state } = makeStart(precision);
  const errors: unknown[] = [];
  let localErrors = new Float64Array(0);
  let text = serialize(state);
  for (const count of [1, 2, 1]) {
    const session = await open(p, makeStart(precision).data, deserialize(text));
    const metrics = await session.iterate(count);
    errors.push(...metrics.errors);
    localErrors = new Float64Array(metrics.localErrors);
    text = serialize(await session.save());
    session.close();
  }
  return finishRun(await open(p, data, deserialize(text)), { errors, localErrors });
}

async function finishRun(
  session: EngineSession,
  { errors, localErrors }: { errors: readonly unknown[]; localErrors: Float64Array },
): Promise<unknown> {
  const state = serialize(await session.save());
  session.close();
  return { errors: JSON.stringify(errors), localErrors: Array.from(localErrors), state };
}

/** A state as JSON text with the bytes of its arrays in hexadecimal, as it would be stored. */
function serialize({ arrays, ...rest }: State): string {
  const names = Object.keys(arrays).sort();
  const stored = names.map((name) => ({ ...arrays[name]!, name, data: bytes(arrays[name]!) }));
  return JSON.stringify({ ...rest, arrays: stored });
}

function deserialize(text: string): State {
  const { arrays, ...rest } = JSON.parse(text);
  const loaded: Record<string, NdArray> = {};
  for (const { name, dtype, shape, data } of arrays) {
    const raw = Uint8Array.from(data.match(/../g) ?? [], (pair: string) => parseInt(pair, 16)).buffer;
    const single = dtype === "complex64" || dtype === "float32";
    loaded[name] = {
      dtype,
      shape,
      data: dtype === "int32" ? new Int32Array(raw) : single ? new Float32Array(raw) : new Float64Array(raw),
    };
  }
  return { ...rest, arrays: loaded };
}

function bytes({ data }: NdArray): string {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
