/** Scratch of passes shares memory: buffers of one pass never, and no more than the largest pass takes. */

import { assertEquals } from "@std/assert/equals.js";
import { bufferHandle } from "../frame_records.ts";
import type { Buffer, Pass } from "../pass.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import { createScratchPool } from "./scratch_pool.ts";

function passOf(...buffers: readonly Buffer[]): Pass {
  const call = { kernel: null as never, buffers: Object.fromEntries(buffers.map((b, i) => [`${i}`, b])), params: {} };
  return { name: "pass", block: 0, calls: [call], each: "frame", sequential: false };
}

const scratch = (count: number) => bufferHandle({ name: "scratch", element: "wide", count, extent: "scratch" });

function createPool() {
  const made: number[] = [];
  const released: number[] = [];
  const create = (_: string, bytes: number): GpuArray => ({ id: made.push(bytes), buffer: null as never, bytes });
  const pool = createScratchPool({
    arrays: { create } as unknown as GpuArrays,
    bytesOf: ({ count }) => ({ own: 4 * count, most: count === 5 ? 80 : 4 * count }),
    release: ({ bytes }) => void released.push(bytes),
  });
  const place = (...buffers: readonly Buffer[]) => {
    pool.place(passOf(...buffers));
    return buffers.map((buffer) => pool.get(buffer)).map((array) => array === null ? null : [array.id, array.bytes]);
  };
  return { made, released, place };
}

Deno.test("buffers of a pass have memory of their own, which the next pass takes, the largest first", () => {
  const { made, released, place } = createPool();
  const [wave, image, small, whole] = [
    scratch(10),
    scratch(7),
    scratch(1),
    bufferHandle({ name: "w", element: "wide", count: 3 }),
  ];
  assertEquals(place(image, whole, wave), [[2, 28], null, [1, 40]]);
  assertEquals(place(small, image), [[2, 4], [1, 28]]);
  assertEquals(place(scratch(10), scratch(7), small), [[1, 40], [2, 28], [3, 4]]);
  assertEquals([made, released], [[40, 28, 4], []]);
});

Deno.test("memory is as large as any block needs it, and released where even that does not suffice", () => {
  const { made, released, place } = createPool();
  assertEquals(place(scratch(5)), [[1, 20]]);
  assertEquals(place(scratch(20)), [[1, 80]]);
  assertEquals(place(scratch(21)), [[2, 84]]);
  assertEquals([made, released], [[80, 84], [80]]);
});
