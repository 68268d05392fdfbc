/** Every engine on a GPU that has room for some frames only, against the same GPU with room for all of them. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { ENGINE_CASES, ITERATIONS, makeStart } from "../../core/engines/engine_cases.ts";
import { findEngine, type SupportedParams } from "../../core/engines/mod.ts";
import { openEngine } from "../../core/engines/run_engine.ts";
import { dmParams } from "../../core/parameters/engine/dm.ts";
import { restoreRandom } from "../../core/random.ts";
import type { Device } from "../../kernels/device.ts";
import { createGpuDevice } from "../../kernels/gpu_device.ts";
import type { Data, Metrics, State } from "../../kernels/reconstruction.ts";
import { gpuForTests } from "../../kernels/twins.ts";
import type { BlockCut } from "../../kernels/webgpu/gpu_memory.ts";
import { countBuffers, memoryFor } from "../../kernels/webgpu/short_memory.ts";
import { manyFrames } from "./many_frames.ts";

const gpu = await gpuForTests();
const ignore = gpu === null;

/**
 * Relative differences (of norms) where chunks are cut elsewhere, after four iterations: sums over frames are added chunk by chunk, so that
 * other borders round otherwise, by some 1e-7 in every sum.
 */
const OTHER_CHUNKS = 1e-5;
/** The same for the Poisson likelihood, which weighs pixels by one over the model's intensity: it grows a hundredfold per iteration. */
const OTHER_CHUNKS_POISSON = 1e-2;

for (const [title, p] of Object.entries(ENGINE_CASES)) {
  // It visits no frames.
  if (p.name === "Dummy") continue;
  Deno.test({
    name: `${title} on three blocks whose frames pass one by one gives the bytes of the same chunks where all stay`,
    ignore,
    async fn() {
      const { data, state } = makeStart("single");
      const scratchBytes = 8;
      const expected = await run(createGpuDevice(gpu!, { scratchBytes }), { p, data, state, blocks: [ITERATIONS] });
      const memoryBytes = shortMemory({ p, data, scratchBytes }, (cuts) => cuts.some(({ resident }) => resident === 1));
      const device = createGpuDevice(gpu!, { scratchBytes, memoryBytes });
      const found = await run(device, { p, data, state, blocks: [1, 2, 1] });
      assertEquals(found.state, expected.state);
      assertEquals(found.metrics.flatMap((m) => m.errors), expected.metrics.flatMap((m) => m.errors));
      assertEquals(found.metrics.at(-1)!.localErrors, expected.metrics.at(-1)!.localErrors);
    },
  });

  Deno.test({
    name: `${title} on three blocks whose frames pass one by one agrees with all at once`,
    ignore,
    async fn() {
      const { data, state } = makeStart("single");
      const limit = title === "ML poisson" ? OTHER_CHUNKS_POISSON : OTHER_CHUNKS;
      const expected = await run(createGpuDevice(gpu!), { p, data, state, blocks: [ITERATIONS] });
      const device = createGpuDevice(gpu!, { memoryBytes: shortMemory({ p, data }, () => true) });
      const found = await run(device, { p, data, state, blocks: [ITERATIONS] });
      for (const [name, array] of Object.entries(expected.state.arrays)) {
        const off = distance(found.state.arrays[name]!.data as Float32Array, array.data as Float32Array);
        assert(off <= limit, `${name}: ${off.toExponential(1)} off, expected at most ${limit}`);
      }
    },
  });
}

/** Engines on frames enough for chunks of several; two modes. */
const LONG: Readonly<Record<string, SupportedParams>> = {
  "DM": dmParams.parse({ name: "DM", probe_update_start: 1, overlap_max_iterations: 2 }),
  "DM with everything": dmParams.parse({
    name: "DM",
    probe_update_start: 0,
    overlap_max_iterations: 2,
    obj_smooth_std: 1,
    position_refinement: { start: 0, stop: 9, nshifts: 2, amplitude: 5e-8, max_shift: 5e-8 },
  }),
  "ML with everything": ENGINE_CASES["ML with everything"]!,
  "ePIE": ENGINE_CASES["ePIE"]!,
};
const FRAMES = { frames: 40, size: 32, modes: 2 };

/** Frames that stay at least, and frames that pass through together. */
const CUTS = [
  { frames: 30, staying: 0, together: 1 },
  { frames: 30, staying: 2, together: 1 },
  { frames: 90, staying: 12, together: 2 },
] as const;

for (const [title, p] of Object.entries(LONG)) {
  for (const { frames, staying, together } of CUTS) {
    Deno.test({
      name:
        `${title} on ${frames} frames, of which ${staying} or more stay and others pass through ${together} at a time, keeps ` +
        "within its memory and gives the same bytes",
      ignore,
      async fn() {
        const { data, state } = manyFrames({ ...FRAMES, frames });
        const scratchBytes = 8 * FRAMES.modes * FRAMES.size ** 2 * together;
        const whole = createGpuDevice(gpu!, { scratchBytes });
        const expected = await run(whole, { p, data, state, blocks: [2] });
        const wanted = ([cut]: readonly BlockCut[]) => cut!.framesPerChunk === together && cut!.resident >= staying;
        const memoryBytes = shortMemory({ p, data, scratchBytes }, wanted);
        const counted = countBuffers(gpu!);
        const device = createGpuDevice(counted.gpu, { scratchBytes, memoryBytes });
        const found = await run(device, { p, data, state, blocks: [1, 1] });
        assertEquals(found.state, expected.state);
        assert(counted.mostBytes <= memoryBytes, `${counted.mostBytes} bytes of ${memoryBytes}`);
        assertEquals(counted.bytes, 0);
      },
    });
  }
}

for (const [title, p] of Object.entries(LONG)) {
  Deno.test({
    name: `${title} keeps within the least memory in which all frames stay`,
    ignore,
    async fn() {
      const { data, state } = manyFrames(FRAMES);
      const { waves } = findEngine(p.name);
      const memoryBytes = memoryFor({ gpu: gpu!, data, waves, whole: true }, () => true);
      const counted = countBuffers(gpu!);
      await run(createGpuDevice(counted.gpu, { memoryBytes }), { p, data, state, blocks: [1, 1] });
      assert(counted.mostBytes <= memoryBytes, `${counted.mostBytes} bytes of ${memoryBytes}`);
    },
  });

  Deno.test({
    name: `${title} goes on from the middle where another number of frames stays, to the same bytes`,
    ignore,
    async fn() {
      const { data, state } = manyFrames(FRAMES);
      const scratchBytes = 8 * FRAMES.modes * FRAMES.size ** 2;
      const whole = createGpuDevice(gpu!, { scratchBytes });
      const expected = await run(whole, { p, data, state, blocks: [3] });
      const device = (staying: number) => {
        const memoryBytes = shortMemory({ p, data, scratchBytes }, ([cut]) => cut!.resident >= staying);
        return createGpuDevice(gpu!, { scratchBytes, memoryBytes });
      };
      const first = await run(device(10), { p, data, state, blocks: [1] });
      const kept = structuredClone(first.state.arrays);
      const second = await run(device(1), { p, data, state: first.state, blocks: [1] });
      // A state is a value, whatever goes on from it.
      assertEquals(first.state.arrays, kept);
      const last = await run(whole, { p, data, state: second.state, blocks: [1] });
      assertEquals(last.state, expected.state);
    },
  });
}

interface Run {
  readonly p: SupportedParams;
  readonly data: Data;
  readonly state: State;
  /** Iterations of each block. */
  readonly blocks: readonly number[];
}

async function run(
  device: Device,
  { p, data, state, blocks }: Run,
): Promise<{ readonly state: State; readonly metrics: readonly Metrics[] }> {
  const random = restoreRandom(
    Object.keys(state.random).length === 0 ? makeStart("single").state.random : state.random,
  );
  const session = await openEngine({ p, device, data, state, random });
  const metrics: Metrics[] = [];
  for (const count of blocks) metrics.push(await session.iterate(count));
  const saved = await session.save();
  session.close();
  return { state: saved, metrics };
}

/** The least memory in which frames are cut as wanted. */
function shortMemory(
  { p, data, scratchBytes }: Pick<Run, "p" | "data"> & { readonly scratchBytes?: number },
  isWanted: (cuts: readonly BlockCut[]) => boolean,
): number {
  const { waves } = findEngine(p.name);
  return memoryFor({ gpu: gpu!, data, waves, ...(scratchBytes === undefined ? {} : { scratchBytes }) }, isWanted);
}

function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
