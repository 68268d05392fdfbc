/** What the WASM device takes beside frames and arrays. */

import { assertEquals } from "@std/assert/equals.js";
import { planWasmFft } from "../fft/wasm_plan.ts";
import { framesTogether, overheadBytes } from "./device_overhead.ts";

const DEVICE = { threads: 2, memoryBytes: 2 ** 32 };

Deno.test("framesTogether() fills 8 MB with as many frames for each thread", () => {
  assertEquals(framesTogether({ frameBytes: 528384, ...DEVICE }), 16);
  assertEquals(framesTogether({ frameBytes: 528384, ...DEVICE, threads: 3 }), 15);
});

Deno.test("framesTogether() gives each thread four frames beyond that, as far as a sixteenth of the memory goes", () => {
  assertEquals(framesTogether({ frameBytes: 8e6, ...DEVICE }), 8);
  assertEquals(framesTogether({ frameBytes: 8e6, ...DEVICE, memoryBytes: 16 * 50e6 }), 6);
  assertEquals(framesTogether({ frameBytes: 8e6, ...DEVICE, memoryBytes: 16 * 8e6 }), 2);
});

Deno.test("overheadBytes() counts programs by shape, scratch by thread, and records by frame", () => {
  const block = { frames: 40, modes: 1, rows: 64, cols: 64 };
  const bytes = (blocks: readonly (typeof block)[], threads = 2) =>
    overheadBytes({ blocks, precision: "single" }, { threads, memoryBytes: 2 ** 32 });
  const { planeBytes } = planWasmFft({ rows: 64, cols: 64, precision: "single" }).layout;
  // 40 frames are fewer than fill 8 MB. Records: 40 + 72 bytes a frame, 5 * 32 + 28 a pod; three planes of factor and support.
  const ofBlock = 40 * (112 + 188) + 3 * planeBytes;
  assertEquals(bytes([block, block]) - bytes([block]), ofBlock);
  // Two programs with five planes each, and the scratch of a transform of 64 * 64.
  assertEquals(bytes([block], 3) - bytes([block], 2), 2 * (5 * planeBytes + 36864 + 128));
});
