/** Every engine on the GPU against the reference device: several blocks, modes, masks, near and far field, all at once and in chunks. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { ENGINES, type SupportedParams } from "../../core/engines/mod.ts";
import { openEngine } from "../../core/engines/run_engine.ts";
import { syntheticData } from "../../core/engines/synthetic_data.ts";
import { dmParams } from "../../core/parameters/engine/dm.ts";
import { dmSimpleParams } from "../../core/parameters/engine/dm_simple.ts";
import { dummyParams } from "../../core/parameters/engine/dummy.ts";
import { epieParams } from "../../core/parameters/engine/epie.ts";
import { mlParams } from "../../core/parameters/engine/ml.ts";
import { createRandom, restoreRandom } from "../../core/random.ts";
import type { Device } from "../../kernels/device.ts";
import { createGpuDevice } from "../../kernels/gpu_device.ts";
import type { Metrics, State } from "../../kernels/reconstruction.ts";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import { gpuForTests } from "../../kernels/twins.ts";
import { countBuffers } from "../../kernels/webgpu/short_memory.ts";
import { manyFrames } from "./many_frames.ts";

const gpu = await gpuForTests();

/**
 * Relative differences (of norms) after four iterations. The reference keeps waves and sums in double; single precision rounds each of the
 * some dozen steps of an iteration by 6e-8 and the iterations carry it on.
 */
const CLOSE = 2e-5;
/**
 * The Poisson likelihood weighs pixels by one over the model's intensity, which in dark pixels is mostly rounding, so that differences grow
 * a hundredfold per iteration.
 */
const POISSON = 2e-3;

const refinement = { amplitude: 4e-6, max_shift: 4e-6 };
const CASES: Record<string, { readonly p: SupportedParams; readonly iterations?: number; readonly limit?: number }> = {
  "DM": { p: dmParams.parse({ name: "DM", probe_update_start: 1 }) },
  "DM with everything": {
    p: dmParams.parse({
      name: "DM",
      alpha: 0.9,
      probe_update_start: 0,
      clip_object: [0.5, 1.2],
      obj_smooth_std: 1.2,
      probe_center_tol: 0.1,
      position_refinement: { start: 1, stop: 9, ...refinement },
    }),
  },
  "DM that leaves its overlap loop": {
    p: dmParams.parse({ name: "DM", probe_update_start: 0, overlap_converge_factor: 0.3, overlap_max_iterations: 30 }),
  },
  "DM_simple": { p: dmSimpleParams.parse({ name: "DM_simple" }) },
  "ML": { p: mlParams.parse({ name: "ML", probe_update_start: 1 }) },
  "ML with everything": {
    p: mlParams.parse({
      name: "ML",
      probe_update_start: 0,
      floating_intensities: true,
      reg_del2: true,
      smooth_gradient: 1.5,
      smooth_gradient_decay: 0.1,
      scale_precond: true,
      position_refinement: { start: 0, stop: 9, ...refinement },
    }),
  },
  "ML poisson": {
    p: mlParams.parse({ name: "ML", ML_type: "poisson", floating_intensities: true, probe_update_start: 0 }),
    iterations: 2,
    limit: POISSON,
  },
  "ePIE": {
    p: epieParams.parse({
      name: "ePIE",
      probe_update_start: 1,
      clip_object: [0, 1.5],
      obj_smooth_std: 1,
      synchronization: 2,
      probe_center_tol: 0.1,
    }),
  },
  "Dummy": { p: dummyParams.parse({ name: "Dummy", itertime: 0 }) },
};

Deno.test("every engine is tested on the GPU", () => {
  assertEquals(new Set(Object.values(CASES).map(({ p }) => p.name)), new Set(ENGINES.map((e) => e.name)));
});

for (const [name, { p, iterations = 4, limit = CLOSE }] of Object.entries(CASES)) {
  Deno.test({
    name: `${name} on the GPU agrees with the reference to ${limit}, with frames in chunks too`,
    ignore: gpu === null,
    async fn() {
      const expected = await run(createReferenceDevice(), { p, blocks: [iterations] });
      for (const options of [{}, { scratchBytes: 5000 }]) {
        const found = await run(createGpuDevice(gpu!, options), { p, blocks: [iterations] });
        assertEquals(Object.keys(found.state.arrays).sort(), Object.keys(expected.state.arrays).sort());
        for (const [array, { data, dtype, shape }] of Object.entries(expected.state.arrays)) {
          const other = found.state.arrays[array]!;
          assertEquals([array, other.dtype, other.shape], [array, dtype, shape]);
          const off = distance(other.data as Float64Array, data as Float64Array);
          assert(off <= limit, `${array}: ${off.toExponential(1)} off, expected at most ${limit}`);
        }
        const errors = (metrics: readonly Metrics[]) => Float64Array.from(metrics.flatMap((m) => m.errors.flat()));
        assert(distance(errors(found.metrics), errors(expected.metrics)) <= limit);
        assert(distance(found.metrics.at(-1)!.localErrors, expected.metrics.at(-1)!.localErrors) <= limit);
      }
    },
  });

  Deno.test({
    name: `${name} on the GPU gives the same bytes again, in one block and in blocks of one`,
    ignore: gpu === null,
    async fn() {
      const device = createGpuDevice(gpu!);
      const first = await run(device, { p, blocks: [iterations] });
      const again = await run(device, { p, blocks: [iterations] });
      const single = await run(device, { p, blocks: Array.from({ length: iterations }, () => 1) });
      assertEquals(again.state, first.state);
      assertEquals(again.metrics, first.metrics);
      assertEquals(single.state, first.state);
      assertEquals(single.metrics.flatMap((m) => m.errors), first.metrics.flatMap((m) => m.errors));
    },
  });
}

/**
 * Dispatches per position of an ePIE sweep that updates the probe, of 6 to 9 microseconds each: two per transform, with the model, the new
 * magnitudes and the exit wave in them; one for the sums of each of the latter two; two for the object, of which the first finds the
 * probe's maximum; two for the object's maximum and one for the probe.
 */
const EPIE_DISPATCHES = 2 + 2 + 1 + 1 + 2 + 2 + 1;

for (const size of [16, 256]) {
  Deno.test({
    name: `an ePIE sweep on ${size} x ${size} pixels takes ${EPIE_DISPATCHES} dispatches per position`,
    ignore: gpu === null || gpu.limits.storageBuffers < 9,
    async fn() {
      const sweep = async (frames: number) => {
        const counted = countBuffers(gpu!);
        const { data, state } = manyFrames({ frames, size, modes: 1 });
        const p = epieParams.parse({ name: "ePIE", probe_update_start: 0 });
        const device = createGpuDevice(counted.gpu);
        const session = await openEngine({ p, device, data, state, random: createRandom(1) });
        await session.iterate(1);
        counted.restart();
        await session.iterate(1);
        session.close();
        return counted.dispatches;
      };
      assertEquals(await sweep(9) - await sweep(4), 5 * EPIE_DISPATCHES);
    },
  });
}

Deno.test({
  name: "a state moves between devices in the middle of an engine",
  ignore: gpu === null,
  async fn() {
    const { p } = CASES["ML"]!;
    const whole = await run(createReferenceDevice(), { p, blocks: [4] });
    const half = await run(createReferenceDevice(), { p, blocks: [2] });
    const rest = await run(createGpuDevice(gpu!), { p, blocks: [2], state: half.state });
    const back = rest.state.arrays["object"]!.data as Float32Array;
    assert(distance(back, whole.state.arrays["object"]!.data as Float32Array) <= CLOSE);
    assertEquals([rest.state.iteration, rest.state.iterations], [4, 4]);
  },
});

interface Run {
  readonly p: SupportedParams;
  /** Iterations of each block. */
  readonly blocks: readonly number[];
  readonly state?: State;
}

async function run(
  device: Device,
  { p, blocks, state }: Run,
): Promise<{ readonly state: State; readonly metrics: readonly Metrics[] }> {
  const made = syntheticData({ precision: "single", random: createRandom(11) });
  const begin = state ?? made.state;
  const session = await openEngine({ p, device, data: made.data, state: begin, random: restoreRandom(begin.random) });
  const metrics: Metrics[] = [];
  for (const count of blocks) metrics.push(await session.iterate(count));
  const saved = await session.save();
  session.close();
  return { state: saved, metrics };
}

function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
