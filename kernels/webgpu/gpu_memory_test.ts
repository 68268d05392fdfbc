/** How blocks are cut, counted by hand, and that what is not on the GPU begins with a whole chunk. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { DeviceError } from "../errors.ts";
import type { FramePlan, MemoryPlan } from "../memory_plan.ts";
import { twinData } from "../twins.ts";
import { bytesInAll, cutBlocks, gpuLimits, readBytesOf } from "./gpu_memory.ts";

const SHAPE = { frames: 20, modes: 2, rows: 8, cols: 4 };
const { data } = twinData(SHAPE);
/** Waves of a frame; scratch for one: an image and four planes per mode; and on their way to the host as many. */
const WAVE = 8 * 2 * 32;
const SCRATCH = 4 * 32 * (1 + 2 * 4);
const WORK = SCRATCH + 4 * 32 * 2 * 4;
const BYTES = { bindingBytes: 2 ** 20, scratchBytes: 2 ** 20, memoryBytes: 2 ** 20 };

function plan(block: FramePlan, deviceBytes = 0): MemoryPlan {
  const isWhole = block.window === 0;
  return { frameBytes: 0, arrayBytes: 0, deviceBytes, blocks: [block], isWhole };
}

function cut(block: FramePlan, options: Partial<typeof BYTES> & { readonly deviceBytes?: number } = {}) {
  const { deviceBytes, ...bytes } = options;
  const [found] = cutBlocks(data, { plan: plan(block, deviceBytes), bytes: { ...BYTES, ...bytes } });
  return [found!.framesPerChunk, found!.resident, found!.chunks.map(({ frames }) => frames)];
}

Deno.test("cutBlocks() lets as many frames pass through as the plan says, after whole chunks that stay", () => {
  assertEquals(cut({ resident: 10, window: 3 }), [3, 9, [3, 3, 3, 3, 3, 3, 2]]);
  assertEquals(cut({ resident: 0, window: 1 }), [1, 0, Array(20).fill(1)]);
});

Deno.test("cutBlocks() goes below the plan where a binding or scratch hold less", () => {
  assertEquals(cut({ resident: 10, window: 6 }, { bindingBytes: 4 * WAVE + 1 }), [4, 8, [4, 4, 4, 4, 4]]);
  assertEquals(cut({ resident: 10, window: 6 }, { scratchBytes: WAVE }), [1, 10, Array(20).fill(1)]);
});

Deno.test("cutBlocks() works on as many frames as memory is left for where all stay", () => {
  const room = { deviceBytes: 2 ** 20 - 8 * SCRATCH };
  assertEquals(cut({ resident: 20, window: 0 }, room), [8, 20, [8, 8, 4]]);
  assertEquals(cut({ resident: 20, window: 0 }), [20, 20, [20]]);
});

Deno.test("cutBlocks() refuses a frame whose waves do not fit a binding", () => {
  const refused = assertThrows(() => cut({ resident: 20, window: 0 }, { bindingBytes: WAVE - 1 }), DeviceError);
  assert(refused.message.includes(`found ${WAVE} bytes per frame, expected at most ${WAVE - 1}`), refused.message);
});

Deno.test("bytesInAll() adds the work on a chunk, with waves on their way where frames pass through", () => {
  const all = (planned: MemoryPlan) =>
    bytesInAll(data, { plan: planned, cuts: cutBlocks(data, { plan: planned, bytes: BYTES }) });
  assertEquals(all(plan({ resident: 9, window: 3 }, 1000)), 1000 + 3 * WORK);
  assertEquals(all(plan({ resident: 20, window: 0 }, 1000)), 1000 + 20 * SCRATCH);
});

Deno.test("gpuLimits() leave memory open where it is not given, and reads back in small parts where it is", () => {
  assertEquals("memoryBytes" in gpuLimits({ bindingBytes: 1, memoryBytes: null }), false);
  assertEquals(gpuLimits({ bindingBytes: 1, memoryBytes: 7 }).memoryBytes, 7);
  assertEquals([null, 2 ** 40, 2 ** 30, 1].map(readBytesOf), [2 ** 26, 2 ** 26, 2 ** 25, 2 ** 12]);
});
