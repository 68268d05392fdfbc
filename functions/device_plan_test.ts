/** Where the frames of an engine are, and how that is said. */

import { assertEquals } from "@std/assert/equals.js";
import { createRandom } from "../core/random.ts";
import { syntheticData } from "../core/engines/synthetic_data.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";
import { needOf } from "../kernels/memory_plan.ts";
import { placeFrames, placementText } from "./device_plan.ts";

const need = needOf(syntheticData({ precision: "single", random: createRandom(1) }).data);
const device = createWasmDevice({ threads: 1 });

Deno.test("placeFrames() counts what an engine keeps: DM more than ML, Dummy least", () => {
  const bytes = (["DM", "ML", "Dummy"] as const).map((engine) => placeFrames(engine, { need, device }).bytes);
  assertEquals(bytes, bytes.toSorted((a, b) => b - a));
  assertEquals(new Set(bytes).size, 3);
});

Deno.test("placeFrames() keeps all frames where there is room, and fewer where there is less", () => {
  const all = placeFrames("DM", { need, device });
  assertEquals([all.device, all.frames, all.resident, all.window], ["wasm", 9, 9, 0]);
  const small = { name: "small", limits: { ...device.limits, memoryBytes: all.bytes - 1 } };
  const some = placeFrames("DM", { need, device: small });
  assertEquals(some.resident < 9 && some.window > 0 && some.bytes < all.bytes, true);
});

Deno.test("placementText() says how many frames are where", () => {
  const all = { device: "wasm", frames: 112, resident: 112, window: 0, bytes: 45.26e6 };
  assertEquals(placementText(all), "wasm, all 112 frames in its memory, 45.3 MB");
  assertEquals(
    placementText({ ...all, resident: 70, window: 10 }),
    "wasm, 70 of 112 frames in its memory, 45.3 MB; the others pass through it, 10 at a time",
  );
});
