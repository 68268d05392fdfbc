/** Residents whose frames pass through: the same results as where all stay, work in its order, and no transfer that is not needed. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { fillWide } from "../array/fill.ts";
import { fetchWave, storeWave } from "../auxiliary_wave/store_wave.ts";
import type { Resident } from "../device.ts";
import { DeviceError } from "../errors.ts";
import { logLikelihood } from "../fourier_update/log_likelihood.ts";
import { createGpuDevice, type GpuDeviceOptions } from "../gpu_device.ts";
import { setErrors } from "../metrics/set_errors.ts";
import { objectUpdate } from "../object_probe_update/object_update.ts";
import { probeConverged } from "../object_probe_update/probe_change.ts";
import { type Buffer, type FrameCall, frameCall, framePass, wholeCall } from "../pass.ts";
import { assertCloseArrays, createNumbers, gpuForTests, runOn, twinData, type TwinWork } from "../twins.ts";
import { countBuffers, memoryFor } from "./short_memory.ts";
import { twinWork } from "./twin_work.ts";

const gpu = await gpuForTests();
const ignore = gpu === null;
/** Masks that are no whole words. */
const SHAPE = { frames: 35, modes: 2, rows: 9, cols: 7 };
const POINTS = 63;

/** A device where chunks of two frames pass through and some stay, and one where all stay and chunks are the same. */
function shortDevice(options: { readonly counted?: typeof gpu } = {}) {
  const { data } = twinData(SHAPE);
  const scratchBytes = 2 * 8 * 2 * POINTS;
  let resident = 0;
  const memoryBytes = memoryFor({ gpu: gpu!, data, waves: 2, scratchBytes }, ([cut]) => {
    resident = cut!.resident;
    return resident > 4 && cut!.framesPerChunk === 2;
  });
  const settings: GpuDeviceOptions = { scratchBytes, memoryBytes };
  return {
    device: createGpuDevice(options.counted ?? gpu!, settings),
    whole: createGpuDevice(gpu!, { scratchBytes }),
    passing: SHAPE.frames - resident,
  };
}

/** A wave of the state with numbers in it. */
function withWave(): {
  readonly work: Omit<TwinWork, "record">;
  readonly name: string;
  readonly shape: readonly number[];
} {
  const { data, state } = twinData(SHAPE);
  const random = createNumbers(3);
  const shape = [SHAPE.frames * SHAPE.modes, SHAPE.rows, SHAPE.cols];
  const values = Float32Array.from({ length: 2 * SHAPE.frames * SHAPE.modes * POINTS }, () => random() - 0.5);
  const arrays = { ...state.arrays, kept: { dtype: "complex64" as const, shape, data: values } };
  return { work: { data, state: { ...state, arrays } }, name: "kept", shape };
}

function blockWave(resident: Resident, name: string, shape?: readonly number[]): Buffer<"complex"> {
  const layout = { element: "complex", count: POINTS, extent: "block", perMode: true, block: 0 } as const;
  return resident.alloc(name, shape === undefined ? layout : { ...layout, shape });
}

function scratchWave(resident: Resident): Buffer<"wide_complex"> {
  return resident.alloc("wave", { element: "wide_complex", count: POINTS, extent: "scratch", perMode: true, block: 0 });
}

Deno.test({
  name: "a sum over frames, masks of every frame and waves of the state are the same bytes as where all frames stay",
  ignore,
  async fn() {
    const { work: { data, state }, name, shape } = withWave();
    const work: TwinWork = {
      data,
      state,
      record(resident) {
        const { probe, object, blocks } = resident;
        const { address, diffraction, mask } = blocks[0]!;
        const count = object.layout.count;
        const sum = resident.alloc("sum", { element: "wide_complex", count, shape: [count] });
        const norm = resident.alloc("norm", { element: "wide", count, shape: [count] });
        const errors = resident.alloc("errors", {
          element: "wide",
          count: 3,
          extent: "frames",
          shape: [SHAPE.frames, 3],
        });
        const exitWave = blockWave(resident, name, shape);
        const wave = scratchWave(resident);
        const calls = [
          frameCall(objectUpdate, { sum, norm, exitWave, probe, address }, {}),
          frameCall(fetchWave, { wave, stored: exitWave }, {}),
          frameCall(logLikelihood, { wave, diffraction, mask, errors }, {}),
        ];
        return [framePass("sums", { block: 0, calls }), framePass("again", { block: 0, calls: calls.slice(1) })];
      },
    };
    const { device, whole } = shortDevice();
    const before = state.arrays[name]!.data.slice();
    assertEquals(await runOn(device, work), await runOn(whole, work));
    assertEquals(state.arrays[name]!.data, before);
  },
});

for (const kernel of [storeWave, fetchWave]) {
  for (const pods of [false, true]) {
    Deno.test({
      name: `${kernel.name} ${pods ? "of some pods backwards" : "of all frames"} is the same where frames pass through`,
      ignore,
      async fn() {
        const twin = { kernel, buffers: { wave: "wave", stored: "wave" }, pods } as const;
        const work = twinWork(twin, SHAPE);
        const { device, whole } = shortDevice();
        const [found, expected] = [await runOn(device, work), await runOn(whole, work)];
        for (const [array, values] of Object.entries(expected)) {
          assertCloseArrays(found[array]!, values, { name: array, tolerance: 0 });
        }
      },
    });
  }
}

Deno.test({
  name: "what a pass does not see is not brought, what it does not change is not taken back, and what is there stays",
  ignore,
  async fn() {
    const counted = countBuffers(gpu!);
    const { work: { data, state }, name, shape } = withWave();
    const { device, passing } = shortDevice({ counted: counted.gpu });
    const resident = await device.load(data, state);
    const kept = blockWave(resident, name, shape);
    const made = blockWave(resident, "made");
    const wave = scratchWave(resident);
    const run = async (calls: readonly FrameCall[]) => {
      counted.restart();
      resident.run(framePass("test", { block: 0, calls }));
      await resident.flush([]);
      return {
        up: Object.fromEntries([...counted.written].filter(([buffer]) => [name, "made"].includes(buffer))),
        down: counted.fetched,
      };
    };
    // All chunks that pass are of two frames, but for the last one, whose frame is left there; the two before it are still on their way.
    assert(passing % 2 === 1 && passing < SHAPE.frames);
    const frame = 8 * 2 * POINTS;
    // A read of nothing takes 4 bytes.
    const nothing = 4;
    const fetch = frameCall(fetchWave, { wave, stored: kept }, {});
    const store = frameCall(storeWave, { stored: made, wave }, {});
    assertEquals(await run([fetch]), { up: { [name]: passing * frame }, down: nothing });
    assertEquals(await run([fetch, store]), { up: { [name]: passing * frame }, down: nothing + (passing - 3) * frame });
    assertEquals(await run([store]), { up: {}, down: nothing + passing * frame });
    assertEquals(await run([]), { up: {}, down: nothing });
    resident[Symbol.dispose]();
    assertEquals(counted.bytes, 0);
  },
});

Deno.test({
  name: "work, writes, frees and loops keep their order",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const resident = await shortDevice().device.load(data, state);
    const number = (name: string, count = 1) => resident.alloc(name, { element: "wide", count });
    const [ratios, early, late, until, never] = [number("a", 2), number("b"), number("c"), number("d"), number("e")];
    const rounds = number("f", 3);
    resident.write(ratios, Float64Array.of(1, 1));
    resident.run(wholeCall(probeConverged, { done: early, ratios }, { limit: 2 }));
    resident.write(ratios, Float64Array.of(9, 9));
    resident.run(wholeCall(probeConverged, { done: late, ratios }, { limit: 2 }));
    // The flag is set within the first round, and stays.
    resident.loop({ max: 5, until }, () => {
      resident.run(wholeCall(setErrors, { errors: rounds }, { photonError: 7 }));
      resident.run(wholeCall(fillWide, { array: until }, { value: 1 }));
    });
    resident.loop({ max: 5, until }, () => resident.run(wholeCall(fillWide, { array: never }, { value: 1 })));
    const gone = number("g");
    resident.run(wholeCall(fillWide, { array: gone }, { value: 1 }));
    resident.free(gone);
    const read = await resident.flush([early, late, ratios, rounds, until, never]);
    assertEquals(read.map((values) => Array.from(values)), [[1], [0], [9, 9], [0, 7, 0], [1], [0]]);
    resident[Symbol.dispose]();
  },
});

Deno.test({
  name: "a freed buffer and a kernel without WGSL are refused when they are recorded",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const resident = await shortDevice().device.load(data, state);
    const errors = resident.alloc("errors", { element: "wide", count: 3 });
    const { wgsl: _, ...bare } = setErrors;
    const run = (kernel: typeof setErrors) => resident.run(wholeCall(kernel, { errors }, { photonError: 1 }));
    assertThrows(() => run(bare as typeof setErrors), DeviceError, "WGSL");
    resident.free(errors);
    assertThrows(() => run(setErrors), DeviceError, "freed");
    await resident.flush([]);
    assertThrows(() => run(setErrors), DeviceError, "freed");
    resident[Symbol.dispose]();
  },
});

Deno.test({
  name: "a buffer of frames can be freed while they are on their way",
  ignore,
  async fn() {
    const counted = countBuffers(gpu!);
    const { work: { data, state }, name, shape } = withWave();
    const resident = await shortDevice({ counted: counted.gpu }).device.load(data, state);
    const kept = blockWave(resident, name, shape);
    const made = blockWave(resident, "made");
    const wave = scratchWave(resident);
    const calls = [
      frameCall(fetchWave, { wave, stored: kept }, {}),
      frameCall(storeWave, { stored: made, wave }, {}),
    ];
    resident.run(framePass("test", { block: 0, calls }));
    resident.free(made);
    const saved = await resident.save();
    assertEquals(saved[name], state.arrays[name]);
    assert(!("made" in saved));
    resident[Symbol.dispose]();
    assertEquals(counted.bytes, 0);
  },
});
