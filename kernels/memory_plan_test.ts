/** The memory plan counts by hand what a device holds. */

import { assertEquals } from "@std/assert/equals.js";
import { type MemoryNeed, planMemory } from "./memory_plan.ts";

const NEED: MemoryNeed = {
  precision: "single",
  blocks: [{ frames: 10, modes: 1, rows: 4, cols: 5 }, { frames: 2, modes: 3, rows: 8, cols: 8 }],
  probeElements: 20 + 192,
  objectElements: 788,
  waves: 2,
};
const LIMITS = { maxBufferBytes: Infinity, maxBindings: 8 };

Deno.test("planMemory() counts a value and its waves for every pixel: 200 * 4 * 5 + 128 * 4 * 13 bytes", () => {
  const { frameBytes, arrayBytes, fits } = planMemory(NEED, LIMITS);
  assertEquals(frameBytes, 200 * 20 + 128 * 52);
  assertEquals(arrayBytes, 7 * 8 * 1000);
  assertEquals(fits, true);
});

Deno.test("planMemory() in double takes twice as much", () => {
  assertEquals(planMemory({ ...NEED, precision: "double" }, LIMITS).frameBytes, 2 * (200 * 20 + 128 * 52));
});

Deno.test("planMemory() says what does not fit, padding included", () => {
  const bytes = 200 * 20 + 128 * 52 + 56_000;
  assertEquals(planMemory(NEED, { ...LIMITS, memoryBytes: 1.05 * bytes + 1 }).fits, true);
  assertEquals(planMemory(NEED, { ...LIMITS, memoryBytes: 1.05 * bytes - 1 }).fits, false);
});
