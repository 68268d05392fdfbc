/** The WASM device where frames pass through its memory: passes without a form, whole kernels, scratch, and what it refuses. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertRejects } from "@std/assert/rejects.js";
import { assertThrows } from "@std/assert/throws.js";
import { makeModel } from "./auxiliary_wave/make_model.ts";
import { fetchWave, storeWave } from "./auxiliary_wave/store_wave.ts";
import type { Device, Resident } from "./device.ts";
import { DeviceError, ShapeError } from "./errors.ts";
import { replaceMagnitude } from "./fourier_update/replace_magnitude.ts";
import { defineKernel } from "./kernel.ts";
import { needOf, planMemory } from "./memory_plan.ts";
import type { NdArray } from "./nd_array.ts";
import { type Buffer, frameCall, framePass, type Pass, wholeCall } from "./pass.ts";
import { propagateForward } from "./propagation/propagate.ts";
import { createReferenceDevice } from "./reference_device.ts";
import { spyScratch, watchMemories } from "./testing.ts";
import { twinData } from "./twins.ts";
import { createWasmDevice } from "./wasm_device.ts";

const SHAPE = { frames: 24, modes: 2, rows: 7, cols: 5 };
const { data, state } = twinData(SHAPE);
const WAVES = { element: "complex", count: 35, extent: "block", perMode: true, shape: [48, 7, 5] } as const;
/** Every pod, frames far apart one after the other, some pods twice. */
const ORDER = Int32Array.from({ length: 60 }, (_, i) => (29 * i) % 48);

const sum = defineKernel({
  name: "sum_waves",
  bindings: { total: "whole:wide:update", waves: "whole:complex:read" },
  params: {},
  cpu({ total, waves }) {
    for (const value of waves) total[0] = total[0]! + value;
  },
});

Deno.test("passes without a form visit frames in groups and leave the same bytes as with all in the memory", async () => {
  const whole = await runTwins(createWasmDevice({ threads: 1 }));
  for (const places of [1, 3, 17]) {
    const found = await runTwins(createWasmDevice({ threads: 1, memoryBytes: memoryFor(places) }));
    assertEquals(bytesOf(found), bytesOf(whole), `${places} places`);
  }
  const expected = await runTwins(createReferenceDevice());
  for (const [name, { data }] of Object.entries(expected)) {
    const largest = Math.max(...data as Float32Array);
    (data as Float32Array).forEach((v, i) =>
      // The reference makes the models in double.
      assert(Math.abs(whole[name]!.data[i] as number - v) < 1e-5 * largest, `${name}[${i}]`)
    );
  }
});

Deno.test("arrays of the state come back as they were, also those whose frames went to scratch", async () => {
  const waves: NdArray = {
    dtype: "complex64",
    shape: WAVES.shape,
    data: Float32Array.from({ length: 2 * 48 * 35 }, (_, i) => i + 0.5),
  };
  const spy = spyScratch();
  const device = createWasmDevice({ threads: 1, memoryBytes: memoryFor(5), scratch: spy.open });
  using resident = await device.load(data, { ...state, arrays: { ...state.arrays, "exitWave/S0000": waves } });
  const buffer = resident.alloc("exitWave/S0000", WAVES);
  assertEquals(spy.areOpen(), [true]);
  assertEquals((await resident.save())["exitWave/S0000"], waves);
  resident.free(buffer);
  assertEquals(spy.areOpen(), [false]);
});

Deno.test("disposing of a resident gives its scratch back", async () => {
  const spy = spyScratch();
  const device = createWasmDevice({ threads: 1, memoryBytes: memoryFor(5), scratch: spy.open });
  const resident = await device.load(data, state);
  for (const name of ["a", "b"]) beginWaves(resident, name);
  assertEquals(spy.areOpen(), [true, true]);
  resident[Symbol.dispose]();
  assertEquals(spy.areOpen(), [false, false]);
});

Deno.test("no scratch is opened where all frames have places", async () => {
  const spy = spyScratch();
  using resident = await createWasmDevice({ threads: 1, scratch: spy.open }).load(data, state);
  beginWaves(resident, "a");
  await resident.save();
  assertEquals(spy.areOpen(), []);
});

Deno.test("a whole kernel on waves of frames is refused, whether they are all there or not", async () => {
  for (const memoryBytes of [memoryFor(5), 2 ** 32]) {
    using resident = await createWasmDevice({ threads: 1, memoryBytes }).load(data, state);
    const waves = beginWaves(resident, "a");
    const total = resident.alloc("total", { element: "wide", count: 1 });
    const refused = assertThrows(() => resident.run(wholeCall(sum, { total, waves }, {})), DeviceError);
    assert(refused.message.startsWith('Cannot run "sum_waves" on "a": found waves of single frames'), refused.message);
  }
});

Deno.test("a load that fails leaves the memory to the next one", async () => {
  const memories = watchMemories();
  const device = createWasmDevice({ threads: 1 });
  (await device.load(data, state))[Symbol.dispose]();
  const memory = memories.end()[0]!;
  const before = memory.buffer.byteLength;
  const object = { ...state.arrays["object"]!, data: new Float32Array(6), shape: [3] };
  // The probe has its place before the object is found wrong: two layers of 512 bytes, a hundred of which are more than a page.
  for (let i = 0; i < 100; i++) {
    await assertRejects(() => device.load(data, { ...state, arrays: { ...state.arrays, object } }), ShapeError);
  }
  using resident = await device.load(data, state);
  assertEquals([resident.blocks.length, memory.buffer.byteLength], [1, before]);
});

Deno.test("createWasmDevice() refuses no memory at all, and takes no more than 32-bit addresses reach", () => {
  for (const memoryBytes of [0, -1, NaN]) {
    assertThrows(() => createWasmDevice({ memoryBytes }), RangeError, "bytes of memory");
  }
  const limits = [1e9, 2 ** 32 + 1, undefined].map((bytes) =>
    createWasmDevice(bytes === undefined ? {} : { memoryBytes: bytes }).limits.memoryBytes
  );
  assertEquals(limits, [1e9, 2 ** 32, 2 ** 32]);
});

/** Bytes with which a device of one thread has places for so many of the frames. */
function memoryFor(places: number): number {
  const { memoryBytes: _, ...limits } = createWasmDevice({ threads: 1 }).limits;
  const { deviceBytes, frameBytes } = planMemory({ ...needOf(data), waves: 2 }, limits);
  return deviceBytes - frameBytes * (1 - places / SHAPE.frames);
}

function beginWaves(resident: Resident, name: string): Buffer<"complex"> {
  const { probe, object, blocks: [block] } = resident;
  const wave = scratchWave(resident);
  const stored = resident.alloc(name, WAVES);
  const model = frameCall(makeModel, { wave, probe, object, address: block!.address }, {});
  resident.run(framePass("begin", { block: 0, calls: [model, frameCall(storeWave, { stored, wave }, {})] }));
  return stored;
}

function scratchWave(resident: Resident): Buffer<"wide_complex"> {
  return resident.alloc("wave", { element: "wide_complex", count: 35, extent: "scratch", perMode: true });
}

/** Waves of all frames, then a pass over pods that changes one array by another and by what was measured. */
async function runTwins(device: Device): Promise<Record<string, NdArray>> {
  using resident = await device.load(data, state);
  const { diffraction, mask, address } = resident.blocks[0]!;
  const [a, b] = [beginWaves(resident, "a"), resident.alloc("b", WAVES)];
  const errors = resident.alloc("errors", {
    element: "wide",
    count: 3,
    extent: "frames",
    perMode: true,
    shape: [48, 3],
  });
  const wave = scratchWave(resident);
  const pass = (order: Int32Array, [from, to]: readonly [Buffer<"complex">, Buffer<"complex">]): Pass => ({
    name: "project",
    block: 0,
    each: "pod",
    order,
    sequential: true,
    calls: [
      frameCall(fetchWave, { wave, stored: from }, {}),
      frameCall(propagateForward, { wave, address }, {}),
      frameCall(replaceMagnitude, { wave, diffraction, mask, errors }, {}),
      frameCall(storeWave, { stored: to, wave }, {}),
      // What is read after it was written must be kept all the same.
      frameCall(fetchWave, { wave, stored: to }, {}),
    ],
  });
  // The first half of the order leaves some pods of `b` at zero.
  resident.run(pass(ORDER.subarray(0, 30), [a, b]));
  resident.run(pass(ORDER, [b, a]));
  const saved = await resident.save();
  return { a: saved["a"]!, b: saved["b"]!, errors: saved["errors"]! };
}

function bytesOf(arrays: Record<string, NdArray>): unknown {
  return Object.entries(arrays).map(([name, { data }]) => [name, [...new Uint8Array(data.buffer)]]);
}
