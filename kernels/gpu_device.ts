/**
 * The WebGPU device: single precision on whatever adapter there is. A pass runs call by call over all frames that fit into a binding, work
 * is recorded and submitted without waiting, and only `flush` and `save` read back. Frames that memory has no room for pass through it.
 *
 * Sums run in a fixed order, so that the same adapter gives the same bytes every time.
 */

import type { Device } from "./device.ts";
import { DeviceError } from "./errors.ts";
import { gpuLimits } from "./webgpu/gpu_memory.ts";
import { loadOnGpu } from "./webgpu/load.ts";
import type { Gpu } from "./webgpu/request_gpu.ts";

export { type Gpu, requestGpu, requestGraphicsCard } from "./webgpu/request_gpu.ts";

/** How much of an adapter to use. */
export interface GpuDeviceOptions {
  /** Bytes of all buffers; left out, as many as the adapter turns out to have, because none tells. */
  readonly memoryBytes?: number;
  /** Largest binding in bytes, if less than the adapter allows: arrays of frames are cut accordingly. */
  readonly bindingBytes?: number;
  /** Bytes of one scratch wave: how many frames are worked on together at most. */
  readonly scratchBytes?: number;
}

/** Enough frames at a time to fill a large GPU; more only cost memory. */
const SCRATCH_BYTES = 2 ** 28;

/** The most waves that any engine keeps. */
const MOST_WAVES = 2;

/** A device on a GPU. It does not dispose of the GPU. */
export function createGpuDevice(gpu: Gpu, options: GpuDeviceOptions = {}): Device {
  const bytes = {
    bindingBytes: Math.min(gpu.limits.bindingBytes, gpu.limits.bufferBytes, options.bindingBytes ?? Infinity),
    scratchBytes: options.scratchBytes ?? SCRATCH_BYTES,
    memoryBytes: options.memoryBytes ?? null,
  };
  return {
    name: "webgpu",
    limits: gpuLimits(bytes),
    mayBeLost: true,
    async load(data, state, { waves = MOST_WAVES, log } = {}) {
      gpu.check();
      if (data.precision !== "single") {
        throw new DeviceError(
          'Cannot load the data on the GPU: found double precision, expected single; set data_type to "single" or choose ' +
            'the device "wasm"',
          { precision: data.precision },
        );
      }
      return await loadOnGpu(gpu, { data, state, waves, log }, bytes);
    },
  };
}
