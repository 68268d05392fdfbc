/** States that leave a device piece by piece and come to one by range: the bytes are those of states that are held. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { ENGINE_CASES, makeStart, serialize } from "../../core/engines/engine_cases.ts";
import { findEngine } from "../../core/engines/mod.ts";
import { type EngineSession, openEngine } from "../../core/engines/run_engine.ts";
import { restoreRandom } from "../../core/random.ts";
import { createLocalArtifacts } from "../../functions/local_artifacts.ts";
import { openState, publishComing, publishState } from "../../functions/state_pack.ts";
import type { Device } from "../../kernels/device.ts";
import { createGpuDevice } from "../../kernels/gpu_device.ts";
import { needOf, planMemory } from "../../kernels/memory_plan.ts";
import type { Data, LoadedState } from "../../kernels/reconstruction.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import type { ArraySink } from "../../kernels/state_arrays.ts";
import { gpuForTests } from "../../kernels/twins.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { memoryFor } from "../../kernels/webgpu/short_memory.ts";

const gpu = await gpuForTests();
const { data } = makeStart("single");

/** Memory in which frames pass through. */
function shortWasm(waves: number): number {
  const { limits } = createWasmDevice({ threads: 2 });
  const need = { ...needOf(data), waves };
  for (let memoryBytes = 2 ** 16;; memoryBytes = Math.ceil(1.01 * memoryBytes)) {
    try {
      if (!planMemory(need, { ...limits, memoryBytes }).isWhole) return memoryBytes;
    } catch {
      // Still too little for a frame.
    }
  }
}

const DEVICES: Readonly<Record<string, (waves: number) => Device>> = {
  "the reference": () => createReferenceDevice(),
  "wasm, 1 thread": () => createWasmDevice({ threads: 1 }),
  "wasm, 2 threads": () => createWasmDevice({ threads: 2 }),
  "wasm, frames that pass": (waves) => createWasmDevice({ threads: 2, memoryBytes: shortWasm(waves) }),
  "a GPU": () => createGpuDevice(gpu!),
  "a GPU, frames that pass": (waves) =>
    createGpuDevice(gpu!, {
      scratchBytes: 8,
      memoryBytes: memoryFor({ gpu: gpu!, data, waves, scratchBytes: 8 }, () => true),
    }),
};

for (const [where, makeDevice] of Object.entries(DEVICES)) {
  for (const title of ["DM with everything", "ML with everything", "ePIE"]) {
    Deno.test({
      name: `${title} on ${where}: published in pieces and continued from them, the bytes of a state that is held`,
      ignore: where.startsWith("a GPU") && gpu === null,
      async fn() {
        const p = ENGINE_CASES[title]!;
        const device = makeDevice(findEngine(p.name).waves);
        const open = (state: LoadedState) =>
          openEngine({ p, device, data: makeStart("single").data, state, random: restoreRandom(state.random) });
        await inStore(async ({ store, bytesOf }) => {
          const session = await open(makeStart("single").state);
          const { localErrors } = await session.iterate(2);
          const history = { iterations: [], localErrors };
          await publishState(store, "held", { state: await session.save(), history });
          await publishComing(store, "pieces", { putInto: (sink) => session.saveInto(sink), history });
          assert.deepEqual(await bytesOf("pieces"), await bytesOf("held"));
          for (const exitWaves of [true, false]) {
            const name = `end-${exitWaves}`;
            await publishState(store, name, { state: await session.finish({ exitWaves }), history });
            const putInto = (sink: ArraySink) => session.finishInto(sink, { exitWaves });
            await publishComing(store, `${name}-pieces`, { putInto, history });
            assert.deepEqual(await bytesOf(`${name}-pieces`), await bytesOf(name));
          }
          const expected = await goOn(session);
          using opened = await openState(store, "pieces");
          assert.deepEqual(await goOn(await open(opened.state)), expected);
        });
      },
    });
  }
}

Deno.test("on wasm a wave is all that is held of the waves that are saved or loaded", async () => {
  const p = ENGINE_CASES["DM"]!;
  const device = createWasmDevice({ threads: 1 });
  const state = makeStart("single").state;
  const session = await openEngine({ p, device, data, state, random: restoreRandom(state.random) });
  await session.iterate(1);
  const { arrays, ...head } = await session.save();
  const calls = new Map<string, number>();
  const count = (name: string) => calls.set(name, (calls.get(name) ?? 0) + 1);
  await session.saveInto({ begin: (name) => ({ write: () => void count(name), end: () => {} }) });
  session.close();
  for (const [name, array] of Object.entries(arrays)) {
    const waves = (Object.entries(expected(data)).find(([ID]) => name.endsWith(`/${ID}`)))?.[1];
    if (waves !== undefined) assert.equal(calls.get(name), waves, `writes of ${name}`);
    calls.set(name, 0);
    const [whole, numbers] = [array.data as Float64Array, array.data.length];
    (arrays as Record<string, unknown>)[name] = {
      dtype: array.dtype,
      shape: array.shape,
      length: numbers,
      readInto(first: number, into: Float64Array) {
        count(name);
        into.set(whole.subarray(first, first + into.length));
      },
    };
  }
  (await openEngine({ p, device, data, state: { ...head, arrays }, random: restoreRandom(head.random) })).close();
  for (const [ID, waves] of Object.entries(expected(data))) assert.equal(calls.get(`exitWave/${ID}`), waves);
});

/** Waves of each block. */
function expected({ blocks }: Data): Record<string, number> {
  return Object.fromEntries(blocks.map(({ ID, frames, modes }) => [ID, frames * modes]));
}

/** What two more iterations leave. */
async function goOn(session: EngineSession): Promise<unknown> {
  try {
    return [await session.iterate(2), serialize(await session.save())];
  } finally {
    session.close();
  }
}

interface Place {
  readonly store: ReturnType<typeof createLocalArtifacts>;
  bytesOf(key: string): Promise<Uint8Array>;
}

async function inStore(test: (place: Place) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    const store = createLocalArtifacts(join(folder, "artifacts"));
    await test({
      store,
      async bytesOf(key) {
        using file = (await store.fetch(key))!;
        return Deno.readFileSync(file.path);
      },
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
