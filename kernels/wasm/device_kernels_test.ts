/** Whole kernels with plain loops on planes: zeros. The others are covered by the engines that use them. */

import { assertEquals } from "@std/assert/equals.js";
import { fillWideComplex } from "../array/fill.ts";
import { bufferHandle } from "../frame_records.ts";
import { wholeCall } from "../pass.ts";
import type { Data } from "../reconstruction.ts";
import { createDeviceArrays } from "./device_arrays.ts";
import { runOnPlanes } from "./device_kernels.ts";
import { createDeviceMemory } from "./device_memory.ts";
import { numbersOf, objectPlanes } from "./device_planes.ts";

const OBJECTS = [{ ID: "a", start: 0, layers: 1, rows: 5, cols: 3, psize: [1, 1], origin: [0, 0] }] as const;
const DATA: Data = { precision: "single", blocks: [], probes: [], objects: OBJECTS };

function open() {
  const memory = createDeviceMemory({ shared: false });
  const arrays = createDeviceArrays(memory, DATA);
  const buffer = bufferHandle({ name: "sum", element: "wide_complex", count: 15 });
  arrays.add(buffer);
  return { arrays, buffer, planes: objectPlanes(OBJECTS, "single") };
}

Deno.test("zeros in an array that nobody has used are there already, in whichever form it is used first", () => {
  const { arrays, buffer, planes } = open();
  assertEquals(runOnPlanes(arrays, wholeCall(fillWideComplex, { array: buffer }, { value: 0 })), true);
  assertEquals(arrays.isUntouched(buffer), true);
  assertEquals(numbersOf(arrays.planes(buffer, planes, "read")).every((number) => number === 0), true);
});

Deno.test("zeros replace what an array holds as planes; a flat one is left to the twin", () => {
  const { arrays, buffer, planes } = open();
  const call = wholeCall(fillWideComplex, { array: buffer }, { value: 0 });
  numbersOf(arrays.planes(buffer, planes, "update")).fill(3);
  assertEquals(runOnPlanes(arrays, call), true);
  assertEquals(numbersOf(arrays.planes(buffer, planes, "read")).every((number) => number === 0), true);
  (arrays.flat(buffer, "update") as Float64Array).fill(2);
  assertEquals(runOnPlanes(arrays, call), false);
});

Deno.test("a value that is not zero would change the padding: it is left to the twin", () => {
  const { arrays, buffer, planes } = open();
  arrays.planes(buffer, planes, "update");
  assertEquals(runOnPlanes(arrays, wholeCall(fillWideComplex, { array: buffer }, { value: 1 })), false);
});
