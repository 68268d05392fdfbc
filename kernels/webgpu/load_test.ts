/** Loading where memory is short: what is tried, what is refused, and that nothing is left behind. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { assertRejects } from "@std/assert/rejects.js";
import { DeviceError, ShapeError } from "../errors.ts";
import { createGpuDevice } from "../gpu_device.ts";
import { makeModel } from "../auxiliary_wave/make_model.ts";
import { frameCall, framePass } from "../pass.ts";
import { gpuForTests, twinData } from "../twins.ts";
import { countBuffers } from "./short_memory.ts";

const gpu = await gpuForTests();
const ignore = gpu === null;
const SHAPE = { frames: 300, modes: 1, rows: 64, cols: 64 };
const POINTS = 64 * 64;

interface Made {
  readonly inUse: number;
  readonly sum: number;
  readonly told: readonly string[];
}

/** Bytes of the buffers after an engine's waves were made and used on a GPU with so much memory. */
async function makeWaves(memoryBytes: number): Promise<Made> {
  const { data, state } = twinData(SHAPE);
  const counted = countBuffers(gpu!, memoryBytes);
  const told: string[] = [];
  const log = (message: string) => void told.push(message);
  const resident = await createGpuDevice(counted.gpu).load(data, state, { waves: 1, log });
  const shape = [300, POINTS];
  const wave = resident.alloc("wave", { element: "complex", count: POINTS, extent: "block", perMode: true, shape });
  const { probe, object, blocks: [{ address }] } = resident as typeof resident & {
    blocks: [typeof resident.blocks[0]];
  };
  resident.run(
    framePass("models", {
      block: 0,
      calls: [frameCall(makeModel, { wave: wave as never, probe, object, address }, {})],
    }),
  );
  const saved = await resident.save();
  const inUse = counted.bytes;
  assert(counted.mostBytes <= memoryBytes, `${counted.mostBytes} bytes of ${memoryBytes}`);
  resident[Symbol.dispose]();
  assertEquals(counted.bytes, 0);
  return { inUse, sum: (saved["wave"]!.data as Float32Array).reduce((a, b) => a + Math.abs(b), 0), told };
}

Deno.test({
  name: "where memory ends less is planned with, again and again, and the results are the same",
  ignore,
  async fn() {
    const all = await makeWaves(Infinity);
    assert(all.inUse > 13 * 300 * POINTS && all.sum > 0);
    assertEquals(all.told, []);
    const found: number[] = [];
    for (const part of [0.95, 0.6]) {
      const { inUse, sum, told } = await makeWaves(part * all.inUse);
      const last = /has no room for (\d+) MB: (\d+) of 300 frames in its memory, the others pass through it$/.exec(
        told.at(-1)!,
      );
      assert(Number(last![1]) > part * all.inUse / 1e6 && Number(last![2]) < 300, told.join("\n"));
      assertEquals(sum, all.sum);
      found.push(inUse / all.inUse);
    }
    assert(found[1]! < 0.6 && found[1]! < found[0]!, `${found}`);
    await gpu!.device.queue.onSubmittedWorkDone();
    gpu!.check();
  },
});

Deno.test({
  name: "memory that does not hold a frame is refused in plain words, and nothing is left of what was tried",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const counted = countBuffers(gpu!, 1e5);
    const refused = await assertRejects(
      () => createGpuDevice(counted.gpu).load(data, state),
      DeviceError,
      "found its memory full",
    );
    assert(/at \d+ MB, expected room for at least \d+ MB/.test(refused.message), refused.message);
    assertEquals(counted.bytes, 0);
    gpu!.check();
  },
});

Deno.test({
  name: "a limit that is too small for a frame is refused as the memory plan says, before anything is made",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const counted = countBuffers(gpu!);
    const device = createGpuDevice(counted.gpu, { memoryBytes: 1e6 });
    assertEquals(device.limits.memoryBytes, 1e6);
    await assertRejects(
      () => device.load(data, state),
      DeviceError,
      "Cannot plan the memory: found 1 MB for the device",
    );
    assertEquals(counted.mostBytes, 0);
  },
});

Deno.test({
  name: "a state that does not fit the data leaves nothing on the GPU",
  ignore,
  async fn() {
    const { data, state } = twinData(SHAPE);
    const counted = countBuffers(gpu!);
    const object = { ...state.arrays["object"]!, data: new Float32Array(4), shape: [2] };
    const broken = { ...state, arrays: { ...state.arrays, object } };
    await assertRejects(() => createGpuDevice(counted.gpu).load(data, broken), ShapeError, '"object"');
    assertEquals(counted.bytes, 0);
  },
});
