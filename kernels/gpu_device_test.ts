/** The WebGPU device: what it refuses, how it leaves loops, and that it gives the same bytes every time. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertRejects } from "@std/assert/rejects.js";
import { assertThrows } from "@std/assert/throws.js";
import { fillWide } from "./array/fill.ts";
import { makeModel } from "./auxiliary_wave/make_model.ts";
import { DeviceError, ShapeError } from "./errors.ts";
import { createGpuDevice, requestGpu, requestGraphicsCard } from "./gpu_device.ts";
import { defineKernel } from "./kernel.ts";
import { setErrors } from "./metrics/set_errors.ts";
import { countCoverage } from "./object_probe_update/coverage.ts";
import { probeConverged } from "./object_probe_update/probe_change.ts";
import { objectUpdate } from "./object_probe_update/object_update.ts";
import { probeUpdate } from "./object_probe_update/probe_update.ts";
import { frameCall, framePass, wholeCall } from "./pass.ts";
import { gpuForTests, runOn, twinData, type TwinWork } from "./twins.ts";
import { offering, pretendedCard, withWebGpu } from "./webgpu/pretended_gpu.ts";

const gpu = await gpuForTests();
const ignore = gpu === null;
const SHAPE = { frames: 5, modes: 2, rows: 9, cols: 7 };

/** Adds 1 to a number: counts how often it runs. */
const count = defineKernel({
  name: "count",
  wgsl: {
    code: [`
@group(0) @binding(0) var<storage, read_write> counter: array<f32>;
@compute @workgroup_size(1)
fn count() { counter[0] += 1.0; }`],
    over: "once",
  },
  bindings: { counter: "whole:wide:update" },
  params: {},
  cpu({ counter }) {
    counter[0] = counter[0]! + 1;
  },
});

/** Sets a flag once a counter has reached a limit. */
const reached = defineKernel({
  name: "reached",
  wgsl: {
    code: [`
struct Params { limit: f32 }
@group(0) @binding(0) var<storage, read_write> flag: array<f32>;
@group(0) @binding(1) var<storage, read> counter: array<f32>;
@group(0) @binding(2) var<uniform> p: Params;
@compute @workgroup_size(1)
fn reached() { flag[0] = select(0.0, 1.0, counter[0] >= p.limit); }`],
    over: "once",
  },
  bindings: { flag: "whole:wide:write", counter: "whole:wide:read" },
  params: { limit: "real" },
  cpu({ flag, counter }, { limit }) {
    flag[0] = counter[0]! >= limit ? 1 : 0;
  },
});

Deno.test({
  name: "a loop is left on the GPU when its flag is set, also before its first round and within another loop",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const resident = await createGpuDevice(gpu!).load(data, state);
    const number = (name: string) => resident.alloc(name, { element: "wide", count: 1 });
    const [until, rounds, inner, innerRounds, never] = ["a", "b", "c", "d", "e"].map(number);
    const record = () => {
      resident.run(wholeCall(count, { counter: rounds! }, {}));
      resident.run(wholeCall(fillWide, { array: inner! }, { value: 0 }));
      resident.loop({ max: 4, until: inner! }, () => {
        resident.run(wholeCall(count, { counter: innerRounds! }, {}));
        resident.run(wholeCall(reached, { flag: inner!, counter: innerRounds! }, { limit: 5 }));
      });
      resident.run(wholeCall(reached, { flag: until!, counter: rounds! }, { limit: 3 }));
    };
    resident.loop({ max: 10, until: until! }, record);
    resident.loop({ max: 10, until: until! }, () => resident.run(wholeCall(count, { counter: never! }, {})));
    // Rounds 1 to 3: four rounds inside, then one until the inner limit, then one more that meets it at once.
    const [a, b] = await resident.flush([rounds!, innerRounds!]);
    assertEquals([a![0], b![0]], [3, 6]);
    assertEquals(Array.from((await resident.flush([never!]))[0]!), [0]);
    resident[Symbol.dispose]();
  },
});

Deno.test({
  name: "a sum over frames is right after a loop whose rounds, which held the first such sum, were all left out",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const resident = await createGpuDevice(gpu!).load(data, state);
    const { object, blocks } = resident;
    const coverage = resident.alloc("coverage", { element: "wide", count: object.layout.count });
    const done = resident.alloc("done", { element: "wide", count: 1 });
    resident.run(wholeCall(fillWide, { array: done }, { value: 1 }));
    const pass = framePass("coverage", {
      block: 0,
      calls: [frameCall(countCoverage, { coverage, address: blocks[0]!.address }, {})],
    });
    resident.loop({ max: 2, until: done }, () => resident.run(pass));
    resident.run(pass);
    const [values] = await resident.flush([coverage]);
    assertEquals(values!.reduce((a, b) => a + b, 0), SHAPE.frames * SHAPE.modes * SHAPE.rows * SHAPE.cols);
    resident[Symbol.dispose]();
  },
});

Deno.test({
  name: "a round is whole though part of it was on its way before its workgroup counts were known",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const resident = await createGpuDevice(gpu!).load(data, state);
    const number = (name: string, length = 1) => resident.alloc(name, { element: "wide", count: length });
    const [until, counter, large] = [number("a"), number("b"), number("c", 1000)];
    resident.loop({ max: 3, until }, () => {
      // Work is submitted a thousand dispatches at a time.
      for (let i = 0; i < 1500; i++) resident.run(wholeCall(count, { counter }, {}));
      resident.run(wholeCall(fillWide, { array: until }, { value: 1 }));
      resident.run(wholeCall(fillWide, { array: large }, { value: 7 }));
    });
    const [counted, filled] = await resident.flush([counter, large]);
    assertEquals([counted![0], filled![0], filled![999]], [1500, 7, 7]);
    resident[Symbol.dispose]();
  },
});

Deno.test({
  name: "work, writes and read-backs keep their order",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const resident = await createGpuDevice(gpu!).load(data, state);
    const ratios = resident.alloc("ratios", { element: "wide", count: 2 });
    const early = resident.alloc("early", { element: "wide", count: 1 });
    const late = resident.alloc("late", { element: "wide", count: 1 });
    resident.write(ratios, Float64Array.of(1, 1));
    resident.run(wholeCall(probeConverged, { done: early, ratios }, { limit: 2 }));
    resident.write(ratios, Float64Array.of(9, 9));
    resident.run(wholeCall(probeConverged, { done: late, ratios }, { limit: 2 }));
    const read = await resident.flush([early, late, ratios]);
    assertEquals(read.map((values) => Array.from(values)), [[1], [0], [9, 9]]);
    resident[Symbol.dispose]();
  },
});

Deno.test({
  name: "sums over frames are the same bytes in every run, whatever the chunks",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const objectCount = data.objects.reduce((sum, o) => sum + o.layers * o.rows * o.cols, 0);
    const probeCount = SHAPE.modes * SHAPE.rows * SHAPE.cols;
    const work: TwinWork = {
      data,
      state,
      record(resident) {
        const { probe, object } = resident;
        const { address } = resident.blocks[0]!;
        const whole = (name: string, element: "wide" | "wide_complex", size: number) =>
          resident.alloc(name, { element, count: size, shape: [size] }) as never;
        const exitWave = resident.alloc("exit", {
          element: "complex",
          count: SHAPE.rows * SHAPE.cols,
          extent: "block",
          perMode: true,
          block: 0,
        });
        const onObject = { sum: whole("os", "wide_complex", objectCount), norm: whole("on", "wide", objectCount) };
        const onProbe = { sum: whole("ps", "wide_complex", probeCount), norm: whole("pn", "wide", probeCount) };
        const calls = [
          frameCall(makeModel, { wave: exitWave as never, probe, object, address }, {}),
          frameCall(objectUpdate, { ...onObject, exitWave, probe, address }, {}),
          frameCall(probeUpdate, { ...onProbe, exitWave, object, address }, {}),
        ];
        return [framePass("sums", { block: 0, calls })];
      },
    };
    const device = createGpuDevice(gpu!);
    const first = await runOn(device, work);
    assertEquals(await runOn(device, work), first);
    // In chunks the object's sums are added to the same pixels in the same order; only the shares of the probe differ.
    const cut = await runOn(createGpuDevice(gpu!, { scratchBytes: 2000 }), work);
    assert(Array.from(first["os"]!.data as Float64Array).some((v) => v !== 0));
    for (const [i, value] of (first["os"]!.data as Float64Array).entries()) {
      assert(Math.abs(value - (cut["os"]!.data as Float64Array)[i]!) <= 1e-5 * Math.abs(value) + 1e-5);
    }
  },
});

Deno.test({
  name: "what the GPU has not changed comes back with all digits",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const positions = {
      dtype: "float64",
      shape: [5, 2],
      data: Float64Array.from({ length: 10 }, (_, i) => Math.PI * i),
    };
    const arrays = { ...state.arrays, positions } as typeof state.arrays;
    const saved = await runOn(createGpuDevice(gpu!), { data, state: { ...state, arrays }, record: () => [] });
    assertEquals(saved["positions"], positions);
    assertEquals(saved["probe"], state.arrays["probe"]);
  },
});

Deno.test({
  name: "the device refuses double precision, states that do not fit, and arrays that no binding holds",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const device = createGpuDevice(gpu!);
    await assertRejects(() => device.load({ ...data, precision: "double" }, state), DeviceError, "single");
    const probe = { ...state.arrays["probe"]!, data: new Float32Array(4), shape: [2] };
    await assertRejects(
      () => device.load(data, { ...state, arrays: { ...state.arrays, probe } }),
      ShapeError,
      '"probe"',
    );
    const { probe: _, ...rest } = state.arrays;
    await assertRejects(() => device.load(data, { ...state, arrays: rest }), ShapeError, '"probe"');
    const tiny = createGpuDevice(gpu!, { bindingBytes: 500 });
    await assertRejects(() => tiny.load(data, state), DeviceError, "bytes per frame");
    const small = createGpuDevice(gpu!, { bindingBytes: 1500 });
    await assertRejects(() => small.load(data, state), DeviceError, '"object"');
  },
});

Deno.test({
  name: "a freed buffer and a kernel without WGSL are refused",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const resident = await createGpuDevice(gpu!).load(data, state);
    const errors = resident.alloc("errors", { element: "wide", count: 3 });
    const { wgsl: _, ...bare } = setErrors;
    assertThrows(
      () => resident.run(wholeCall(bare as typeof setErrors, { errors }, { photonError: 1 })),
      DeviceError,
      "WGSL",
    );
    resident.free(errors);
    assertThrows(() => resident.run(wholeCall(setErrors, { errors }, { photonError: 1 })), DeviceError, "freed");
    resident[Symbol.dispose]();
  },
});

Deno.test({
  name: "a GPU that is lost says so, also to whom waits for it that moment",
  ignore,
  async fn() {
    const doomed = await requestGpu();
    const { data, state } = twinData(SHAPE);
    const resident = await createGpuDevice(doomed).load(data, state);
    const errors = resident.alloc("errors", { element: "wide", count: 3 });
    const waiting = resident.flush([errors]);
    doomed.device.destroy();
    for (const read of [() => waiting, () => resident.flush([errors]), () => resident.save()]) {
      await assertRejects(read, DeviceError, "it was lost (destroyed");
    }
    await assertRejects(() => createGpuDevice(doomed).load(data, state), DeviceError, "it was lost");
    resident[Symbol.dispose]();
  },
});

Deno.test("a runtime without WebGPU, or without an adapter, is refused in plain words", async () => {
  await withWebGpu(undefined, async () => {
    await assertRejects(() => requestGpu(), DeviceError, "no WebGPU");
    assertEquals(await requestGraphicsCard(), null);
  });
  await withWebGpu(offering(null), async () => {
    await assertRejects(() => requestGpu(), DeviceError, "no adapter, expected one; install a graphics driver");
    assertEquals(await requestGraphicsCard(), null);
  });
});

for (
  const { title, info } of [
    { title: "says that it falls back to the CPU", info: { description: "Some chip", isFallbackAdapter: true } },
    { title: "bears a name of software", info: { description: "SwiftShader Device", isFallbackAdapter: false } },
  ]
) {
  Deno.test(`requestGraphicsCard() opens no adapter that ${title}`, async () => {
    const adapter = { info, limits: {}, requestDevice: () => Promise.reject(new Error("was opened")) };
    await withWebGpu(offering(adapter), async () => assertEquals(await requestGraphicsCard(), null));
  });
}

Deno.test("requestGraphicsCard() has no card where the driver fails, and names one that gives no device", async () => {
  const failing = { requestAdapter: () => Promise.reject(new Error("driver")) };
  await withWebGpu(failing, async () => assertEquals(await requestGraphicsCard(), null));
  const info = { description: "Broken 3000", isFallbackAdapter: false };
  const broken = { info, limits: {}, requestDevice: () => Promise.reject(new Error("no")) };
  await withWebGpu(offering(broken), () => assertRejects(() => requestGraphicsCard(), DeviceError, '"Broken 3000"'));
});

Deno.test({
  name: "requestGraphicsCard() opens what is no software",
  ignore,
  async fn() {
    await withWebGpu(await pretendedCard("Card 1"), async () => {
      using card = (await requestGraphicsCard())!;
      assertEquals([card.description, card.software], ["Card 1", false]);
    });
  },
});

Deno.test("defineKernel() refuses WGSL that differs from the declaration", () => {
  const text = (binding: string, field: string) => `
struct Params { ${field} }
@group(0) @binding(0) var<storage, ${binding};
@group(0) @binding(1) var<uniform> p: Params;
@compute @workgroup_size(1)
fn sample() {}`;
  const define = (code: string) =>
    defineKernel({
      name: "sample",
      wgsl: { code: [code], over: "once" },
      bindings: { array: "whole:wide:update" },
      params: { value: "real" },
      cpu() {},
    });
  define(text("read_write> array_: array<f32>", "value: f32"));
  assertThrows(() => define(text("read> array_: array<f32>", "value: f32")), RangeError, "bindings");
  assertThrows(() => define(text("read_write> array_: array<vec2f>", "value: f32")), RangeError, "bindings");
  assertThrows(() => define(text("read_write> other: array<f32>", "value: f32")), RangeError, "bindings");
  assertThrows(() => define(text("read_write> array_: array<f32>", "value: u32")), RangeError, "Params");
  assertThrows(() => define(text("read_write> array_: array<f32>", "value: f32, more: f32")), RangeError, "Params");
  assertThrows(
    () => define(text("read_write> array_: array<f32>", "value: f32").replace("fn sample", "fn other")),
    RangeError,
    "entry",
  );
});
