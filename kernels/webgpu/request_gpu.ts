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

/** What to do where there is none. */
const HINT = 'install a graphics driver with Vulkan, Metal or Direct3D 12, or choose the device "wasm"';

/**
 * Asks for the fastest adapter and its largest limits. The caller disposes of it.
 * @throws {DeviceError} if there is no WebGPU, no adapter or the adapter gives no device
 */
export async function requestGpu(): Promise<Gpu> {
  const gpu = webGpu();
  if (gpu === undefined) {
    throw new DeviceError(`Cannot use a GPU: found no WebGPU in this runtime, expected navigator.gpu; ${HINT}`);
  }
  const adapter = await requestAdapter(gpu);
  if (adapter === null) throw new DeviceError(`Cannot use a GPU: found no adapter, expected one; ${HINT}`);
  return openAdapter(adapter);
}

/**
 * The same for those who would rather compute on the CPU than on an adapter that does so too: null if there is no graphics card.
 * @throws {DeviceError} if there is one that gives no device
 */
export async function requestGraphicsCard(): Promise<Gpu | null> {
  const gpu = webGpu();
  // A driver that cannot even say what there is has no card to offer.
  const adapter = gpu === undefined ? null : await requestAdapter(gpu).catch(() => null);
  return adapter === null || isSoftware(adapter.info) ? null : openAdapter(adapter);
}

function webGpu(): GPU | undefined {
  return (globalThis.navigator as { readonly gpu?: GPU } | undefined)?.gpu;
}

function requestAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: "high-performance" });
}

async function openAdapter(adapter: GPUAdapter): Promise<Gpu> {
  const requiredLimits = Object.fromEntries(WANTED.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits }).catch((cause: unknown) => {
    throw new DeviceError(`Cannot use the GPU "${describe(adapter.info)}": it gave no device; ${HINT}`, {}, cause);
  });
  return watch(device, adapter.info);
}

function describe(info: GPUAdapterInfo): string {
  return info.description || info.device || info.vendor || "unknown";
}

function isSoftware(info: GPUAdapterInfo): boolean {
  return info.isFallbackAdapter || SOFTWARE.test(describe(info));
}

function watch(device: GPUDevice, info: GPUAdapterInfo): Gpu {
  const description = describe(info);
  let failure: DeviceError | null = null;
  let closing = false;
  device.lost.then(({ message, reason }) => {
    if (closing) return;
    failure = new DeviceError(
      `Cannot go on with the GPU "${description}": it was lost (${reason}: ${message})`,
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
    software: isSoftware(info),
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
