/** The memory plan counts by hand what a device holds. */

import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { DeviceError } from "./errors.ts";
import { type FrameNeed, type MemoryNeed, planMemory } from "./memory_plan.ts";

const NEED: MemoryNeed = {
  precision: "single",
  blocks: [{ frames: 10, modes: 1, rows: 4, cols: 5 }, { frames: 2, modes: 3, rows: 8, cols: 8 }],
  probeElements: 20 + 192,
  objectElements: 788,
  waves: 2,
};
/** A frame of the first block takes 20 pixels of 5 numbers, one of the second 64 pixels of 13. */
const [FIRST, SECOND] = [20 * 4 * 5, 64 * 4 * 13];
const ARRAYS = 7 * 8 * 1000;
const FRAMES = 10 * FIRST + 2 * SECOND;
const LIMITS = { maxBufferBytes: Infinity, maxBindings: 8 };

Deno.test("planMemory() counts a value and its waves for every pixel, and seven arrays of object and probe", () => {
  const plan = planMemory(NEED, LIMITS);
  assertEquals([plan.frameBytes, plan.arrayBytes, plan.deviceBytes], [FRAMES, ARRAYS, FRAMES + ARRAYS]);
  assertEquals([plan.isWhole, plan.blocks], [true, [{ resident: 10, window: 0 }, { resident: 2, window: 0 }]]);
});

Deno.test("planMemory() in double takes twice as much", () => {
  assertEquals(planMemory({ ...NEED, precision: "double" }, LIMITS).frameBytes, 2 * FRAMES);
});

Deno.test("planMemory() counts the planes of the device, and what it takes beside", () => {
  const limits = { ...LIMITS, planeBytes: () => 1000, overheadBytes: 77 };
  const plan = planMemory(NEED, limits);
  assertEquals([plan.frameBytes, plan.deviceBytes], [10 * 5000 + 2 * 13000, 76000 + ARRAYS + 77]);
});

Deno.test("planMemory() counts what a frame takes beside its planes, and what a device takes for some need", () => {
  const limits = {
    ...LIMITS,
    frameBytes: ({ rows, cols, modes }: FrameNeed) => rows * cols + 100 * modes,
    overheadBytes: ({ blocks, objectElements }: MemoryNeed) => 1000 * blocks.length + objectElements,
  };
  const plan = planMemory(NEED, limits);
  const beside = 10 * (20 + 100) + 2 * (64 + 300);
  assertEquals([plan.frameBytes, plan.deviceBytes], [FRAMES + beside, FRAMES + beside + ARRAYS + 2000 + 788]);
});

Deno.test("planMemory() keeps all frames as long as they fit, with work on one of them", () => {
  const limits = { ...LIMITS, overheadBytes: 100, workPlanes: { perFrame: 1, perMode: 2 } };
  const least = FRAMES + ARRAYS + 100 + 64 * 4 * 7;
  assertEquals(planMemory(NEED, { ...limits, memoryBytes: least }).isWhole, true);
  assertEquals(planMemory(NEED, { ...limits, memoryBytes: least - 1 }).isWhole, false);
});

const LONG = { ...NEED, blocks: [{ frames: 1000, modes: 1, rows: 4, cols: 5 }] };

Deno.test("planMemory() keeps the first frames and lets the others pass through an eighth of the room", () => {
  const plan = planMemory(LONG, { ...LIMITS, memoryBytes: ARRAYS + 400 * FIRST + 3 });
  assertEquals(plan.blocks, [{ resident: 350, window: 50 }]);
  assertEquals(plan.deviceBytes, ARRAYS + 400 * FIRST);
});

Deno.test("planMemory() counts work for the frames that pass through", () => {
  const workPlanes = { perFrame: 1, perMode: 4 };
  const plan = planMemory(LONG, { ...LIMITS, workPlanes, memoryBytes: ARRAYS + 400 * FIRST });
  // 50 places of the room hold 25 frames and the work on them, which is as large.
  assertEquals(plan.blocks, [{ resident: 350, window: 25 }]);
});

Deno.test("planMemory() gives blocks parts of the room like what they need", () => {
  const blocks = [{ frames: 100, modes: 1, rows: 4, cols: 5 }, { frames: 300, modes: 1, rows: 4, cols: 5 }];
  const plan = planMemory({ ...NEED, blocks }, { ...LIMITS, memoryBytes: ARRAYS + 160 * FIRST });
  assertEquals(plan.blocks, [{ resident: 35, window: 5 }, { resident: 105, window: 15 }]);
});

Deno.test("planMemory() runs with room for one frame and refuses less, saying how much it takes", () => {
  const least = ARRAYS + FIRST;
  assertEquals(planMemory(LONG, { ...LIMITS, memoryBytes: least }).blocks, [{ resident: 0, window: 1 }]);
  const refused = assertThrows(() => planMemory(LONG, { ...LIMITS, memoryBytes: least - 1 }), DeviceError);
  assertEquals(refused.message.includes("found 1 MB for the device, expected at least 1 MB"), true);
  assertEquals(refused.fields.least, least);
});
