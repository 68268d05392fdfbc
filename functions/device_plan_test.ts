/** Which device an engine runs on. */

import { assertEquals } from "@std/assert/equals.js";
import { assertMatch } from "@std/assert/match.js";
import { createRandom } from "../core/random.ts";
import { syntheticData } from "../core/engines/synthetic_data.ts";
import { createReferenceDevice } from "../kernels/reference_device.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";
import { planDevice } from "./device_plan.ts";

const { data } = syntheticData({ precision: "single", random: createRandom(1) });

Deno.test("planDevice() keeps a device that has room, and says what it takes", () => {
  const device = createWasmDevice({ threads: 1 });
  const plan = planDevice("DM", { data, devices: [device, createReferenceDevice()] });
  assertEquals([plan.device, plan.notice], [device, null]);
  assertMatch(plan.message, /^wasm, all 9 frames in memory, [\d.]+ MB$/);
});

Deno.test("planDevice() runs what does not fit on the next device, and says so", () => {
  const wasm = createWasmDevice({ threads: 1 });
  const small = { ...wasm, limits: { ...wasm.limits, memoryBytes: 1000 } };
  const plan = planDevice("ML", { data, devices: [small, createReferenceDevice()] });
  assertEquals(plan.device.name, "reference");
  assertMatch(plan.notice!, /^ML needs [\d.]+ MB, the wasm device holds 0.00100 MB: it runs on the reference device/);
});

Deno.test("planDevice() leaves it to the last device to say that there is no room", () => {
  const wasm = createWasmDevice({ threads: 1 });
  const small = { ...wasm, limits: { ...wasm.limits, memoryBytes: 1000 } };
  const plan = planDevice("ML", { data, devices: [small] });
  assertEquals([plan.device, plan.notice], [small, null]);
});

Deno.test("planDevice() counts what an engine keeps: DM more than ML, Dummy least", () => {
  const wasm = createWasmDevice({ threads: 1 });
  const bytes = (["DM", "ML", "Dummy"] as const).map((engine) =>
    Number(/([\d.]+) MB/.exec(planDevice(engine, { data, devices: [wasm] }).message)![1])
  );
  assertEquals(bytes, bytes.toSorted((a, b) => b - a));
  assertEquals(new Set(bytes).size, 3);
});
