/** Pieces of the WASM device's memory. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { DeviceError } from "../errors.ts";
import { createDeviceMemory } from "./device_memory.ts";

for (const shared of [false, true]) {
  Deno.test(`take() gives zeros at multiples of 64 that do not overlap, shared: ${shared}`, () => {
    const memory = createDeviceMemory({ shared });
    const sizes = [1, 64, 65, 200_000];
    const places = sizes.map((bytes) => memory.take(bytes, "a test"));
    places.forEach((at, i) => {
      assert(at > 0 && at % 64 === 0, `piece ${i} lies at ${at}`);
      const bytes = new Uint8Array(memory.memory.buffer, at, sizes[i]!);
      assertEquals([...new Set(bytes)], [0]);
      bytes.fill(i + 1);
    });
    places.forEach((at, i) => {
      assertEquals([...new Set(new Uint8Array(memory.memory.buffer, at, sizes[i]!))], [i + 1]);
    });
  });
}

Deno.test("a piece that was given back is used again, zeroed, joined with its neighbours", () => {
  const memory = createDeviceMemory({ shared: false });
  const places = [100, 100, 100, 100].map((bytes) => memory.take(bytes, "a test"));
  new Uint8Array(memory.memory.buffer, places[0]!, 512).fill(7);
  for (const i of [2, 0, 1]) memory.give(places[i]!);
  const joined = memory.take(384, "a test");
  assertEquals(joined, places[0]);
  assertEquals([...new Set(new Uint8Array(memory.memory.buffer, joined, 384))], [0]);
  assertEquals(new Uint8Array(memory.memory.buffer)[places[3]!], 7);
});

Deno.test("a piece that is larger than the free ones grows out of the last one, zeroed", () => {
  const memory = createDeviceMemory({ shared: false });
  const [first, last] = [64, 128].map((bytes) => memory.take(bytes, "a test")) as [number, number];
  new Uint8Array(memory.memory.buffer, last, 128).fill(7);
  memory.give(last);
  const longer = memory.take(65536, "a test");
  assertEquals([first, longer], [64, last]);
  assertEquals([...new Set(new Uint8Array(memory.memory.buffer, longer, 65536))], [0]);
  assertEquals(memory.memory.buffer.byteLength, 2 * 65536);
});

for (const shared of [false, true]) {
  Deno.test(`take() keeps within the bytes that the memory may have, shared: ${shared}`, () => {
    const memory = createDeviceMemory({ shared, bytes: 3 * 65536 + 100 });
    const at = memory.take(2 * 65536, "a test");
    assertEquals(memory.memory.buffer.byteLength, 3 * 65536);
    assertThrows(() => memory.take(65536, '"roots"'), DeviceError, "expected up to 0 MB in all");
    memory.give(at);
    assertEquals(memory.take(3 * 65536 - 64, "a test"), at);
    assertEquals(memory.memory.buffer.byteLength, 3 * 65536);
    assertEquals(memory.sharedPages, shared ? 3 : 0);
  });
}

Deno.test("take() of more than there can be names what it was for, and leaves the memory usable", () => {
  const memory = createDeviceMemory({ shared: false });
  const error = assertThrows(
    () => memory.take(2 ** 32, '"exitWave/S0000"'),
    DeviceError,
    'Cannot hold "exitWave/S0000"',
  );
  assert(error.message.includes("4295 MB in all"));
  assertEquals(memory.take(64, "a test"), 64);
});

Deno.test("give() of an address that is no piece is a RangeError", () => {
  assertThrows(() => createDeviceMemory({ shared: false }).give(64), RangeError, "64");
});
