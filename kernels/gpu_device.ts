/**
 * The WebGPU device: single precision on whatever adapter there is. A pass runs call by call over all frames that fit into a binding, work
 * is recorded and submitted without waiting, and only `flush` and `save` read back.
 *
 * Sums run in a fixed order, so that the same adapter gives the same bytes every time.
 */

import type { Device } from "./device.ts";
import { DeviceError } from "./errors.ts";
import { MAX_BINDINGS } from "./kernel.ts";
import type { Gpu } from "./webgpu/request_gpu.ts";
import { createGpuResident } from "./webgpu/resident.ts";

export { type Gpu, requestGpu, requestGraphicsCard } from "./webgpu/request_gpu.ts";

/** How much of an adapter to use. */
export interface GpuDeviceOptions {
  /** Largest binding in bytes, if less than the adapter allows: arrays of frames are cut accordingly. */
  readonly bindingBytes?: number;
  /** Bytes of one scratch wave: how many frames are worked on together. */
  readonly scratchBytes?: number;
}

/** Enough frames at a time to fill a large GPU; more only cost memory. */
const SCRATCH_BYTES = 2 ** 28;

/** A device on a GPU. It does not dispose of the GPU. */
export function createGpuDevice(gpu: Gpu, options: GpuDeviceOptions = {}): Device {
  const bindingBytes = Math.min(gpu.limits.bindingBytes, gpu.limits.bufferBytes, options.bindingBytes ?? Infinity);
  const scratchBytes = options.scratchBytes ?? SCRATCH_BYTES;
  return {
    name: "webgpu",
    limits: { maxBufferBytes: bindingBytes, maxBindings: MAX_BINDINGS },
    mayBeLost: true,
    // deno-lint-ignore require-await -- what goes wrong in here is a rejection, as on every device
    async load(data, state) {
      gpu.check();
      if (data.precision !== "single") {
        throw new DeviceError(
          'Cannot load the data on the GPU: found double precision, expected single; set data_type to "single" or choose ' +
            'the device "wasm"',
          { precision: data.precision },
        );
      }
      return createGpuResident({ gpu, bindingBytes, scratchBytes }, { data, state });
    },
  };
}
