/** Data beyond a binding of any adapter: 2000 frames of 256 x 256 pixels on the GPU, against the WASM device. */

import { assert } from "@std/assert/assert.js";
import { openEngine } from "../../core/engines/run_engine.ts";
import { dmParams } from "../../core/parameters/engine/dm.ts";
import { createRandom } from "../../core/random.ts";
import type { Device } from "../../kernels/device.ts";
import { createGpuDevice } from "../../kernels/gpu_device.ts";
import { gpuForTests } from "../../kernels/twins.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { manyFrames } from "./many_frames.ts";

const gpu = await gpuForTests();

/** Relative difference (of norms) after an iteration: both devices round in single precision, and sums over 2000 frames in another order. */
const CLOSE = 5e-6;

Deno.test({
  name: "DM on 2000 frames of 256 x 256 pixels runs in bindings of 128 MiB and agrees with the WASM device",
  ignore: gpu === null,
  async fn() {
    const expected = await iterateOnce(createWasmDevice());
    const found = await iterateOnce(createGpuDevice(gpu!, { bindingBytes: 2 ** 27 }));
    for (const [name, values] of Object.entries(expected)) {
      const off = distance(found[name]!, values);
      assert(off <= CLOSE, `${name}: ${off.toExponential(1)} off, expected at most ${CLOSE}`);
    }
  },
});

async function iterateOnce(device: Device): Promise<Record<string, ArrayLike<number>>> {
  const { data, state } = manyFrames({ frames: 2000, size: 256, modes: 1 });
  const p = dmParams.parse({ name: "DM", probe_update_start: 0, overlap_max_iterations: 1 });
  const session = await openEngine({ p, device, data, state, random: createRandom(1) });
  const { errors, localErrors } = await session.iterate(1);
  const { arrays } = await session.finish({ exitWaves: false });
  session.close();
  const [probe, object] = ["probe", "object"].map((name) => arrays[name]!.data as Float32Array);
  return { errors: errors.flat(), localErrors, probe: probe!, object: object! };
}

function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
