/** Threads of the WASM device: a thread that fails becomes a DeviceError, and all end. */

import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { DeviceError } from "../errors.ts";
import { createDeviceMemory } from "./device_memory.ts";
import { passTask, programMessage } from "./device_tasks.ts";
import { startThreads } from "./device_threads.ts";

Deno.test("open() of a module that does not compile on a worker is a DeviceError", async () => {
  const memory = createDeviceMemory({ shared: true });
  using threads = await startThreads(memory.memory, 2);
  const at = memory.take(64, "a broken module");
  const message = programMessage({ id: 0, kind: "projection", at, length: 64, scratch: 0, scratchBytes: 0 });
  assertThrows(() => threads.open({ id: 0, passes: {}, message }), DeviceError, "thread that failed");
});

Deno.test("run() takes every chunk of the range once", async () => {
  const memory = createDeviceMemory({ shared: false });
  using threads = await startThreads(memory.memory, 1);
  assertEquals(threads.count, 1);
  const seen: number[] = [];
  const passes = { objectUpdate: (_: number, { start, end }: { start: number; end: number }) => seen.push(start, end) };
  const message = programMessage({ id: 0, kind: "projection", at: 0, length: 0, scratch: 0, scratchBytes: 0 });
  threads.open({ id: 0, passes, message });
  const range = { start: 2, end: 9, pods: 1, from: 0, to: 0 };
  threads.run(passTask({ program: 0, pass: "objectUpdate", job: 0, range, chunk: 3 }));
  assertEquals(seen, [2, 5, 5, 8, 8, 9]);
});
