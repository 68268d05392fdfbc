/** Asking for a GPU, and knowing when it is gone. */

import { DeviceError } from "../errors.ts";
import { createPrograms, type Programs } from "./pipelines.ts";

/** A GPU that answered. It belongs to one thread. */
export interface Gpu extends Disposable {
  readonly device: GPUDevice;
  /** What the driver calls the adapter. */
  readonly description: string;
  /** True for an adapter that computes on the CPU. */
  readonly software: boolean;
  readonly limits: GpuLimits;
  /** Kernels that were compiled for it. */
  readonly programs: Programs;
  /** What went wrong since the start, null while all is well. */
  readonly failure: DeviceError | null;
  /** @throws {DeviceError} if the GPU was lost, ran out of memory or refused a command */
  check(): void;
}

/** The limits that plans depend on. */
export interface GpuLimits {
  /** Bytes of a storage binding. */
  readonly bindingBytes: number;
  /** Bytes of a buffer. */
  readonly bufferBytes: number;
  /** Bytes of memory of a workgroup. */
  readonly workgroupBytes: number;
  /** Storage buffers that one kernel may bind. */
  readonly storageBuffers: number;
  readonly uniformAlignment: number;
  readonly groupsPerDimension: number;
}

const WANTED = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBuffersPerShaderStage",
] as const;

/** Names of adapters that compute on the CPU, for drivers that do not say so. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render/i;

/**
 * Asks for the fastest adapter and its largest limits. The caller disposes of it.
 * @throws {DeviceError} if there is no WebGPU, no adapter or the adapter gives no device
 */
export async function requestGpu(): Promise<Gpu> {
  const hint = 'install a graphics driver with Vulkan, Metal or Direct3D 12, or choose the device "reference"';
  const gpu = (globalThis.navigator as { readonly gpu?: GPU } | undefined)?.gpu;
  if (gpu === undefined) {
    throw new DeviceError(`Cannot use a GPU: found no WebGPU in this runtime, expected navigator.gpu; ${hint}`);
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new DeviceError(`Cannot use a GPU: found no adapter, expected one; ${hint}`);
  const requiredLimits = Object.fromEntries(WANTED.map((name) => [name, adapter.limits[name]]));
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredLimits });
  } catch (cause) {
    throw new DeviceError(`Cannot use the GPU "${adapter.info.description}": it gave no device; ${hint}`, {}, cause);
  }
  return watch(device, adapter.info);
}

function watch(device: GPUDevice, info: GPUAdapterInfo): Gpu {
  const description = info.description || info.device || info.vendor || "unknown";
  let failure: DeviceError | null = null;
  let closing = false;
  device.lost.then(({ message, reason }) => {
    if (closing) return;
    failure = new DeviceError(
      `Cannot go on with the GPU "${description}": it was lost (${reason}: ${message}); continue from the last saved state, ` +
        "on another device if it happens again",
      { reason },
    );
  });
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault?.();
    failure ??= refusal(description, (event as GPUUncapturedErrorEvent).error);
  });
  const { limits } = device;
  return {
    device,
    description,
    software: info.isFallbackAdapter || SOFTWARE.test(description),
    limits: {
      bindingBytes: limits.maxStorageBufferBindingSize,
      bufferBytes: limits.maxBufferSize,
      workgroupBytes: limits.maxComputeWorkgroupStorageSize,
      storageBuffers: limits.maxStorageBuffersPerShaderStage,
      uniformAlignment: limits.minUniformBufferOffsetAlignment,
      groupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    },
    programs: createPrograms(device),
    get failure() {
      return failure;
    },
    check() {
      if (failure !== null) throw failure;
    },
    [Symbol.dispose]() {
      closing = true;
      device.destroy();
    },
  };
}

function refusal(description: string, error: GPUError): DeviceError {
  if (error instanceof GPUOutOfMemoryError) {
    return new DeviceError(
      `Cannot go on with the GPU "${description}": found its memory full; use fewer frames, a smaller shape or another device`,
      {},
      error,
    );
  }
  return new DeviceError(
    `Cannot go on with the GPU "${description}": it refused a command: ${error.message}`,
    {},
    error,
  );
}
