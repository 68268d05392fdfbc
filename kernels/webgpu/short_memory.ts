/**
 * What tests of short memory and of few dispatches share: a GPU that counts its buffers, transfers and dispatches and may have no memory for
 * more, and how much memory is how short.
 */

import { DeviceError } from "../errors.ts";
import { needOf, planMemory } from "../memory_plan.ts";
import type { Data } from "../reconstruction.ts";
import { type BlockCut, cutBlocks, gpuLimits } from "./gpu_memory.ts";
import type { Gpu } from "./request_gpu.ts";

/** A GPU and what it has been asked for. */
export interface CountedGpu {
  readonly gpu: Gpu;
  /** Bytes of all buffers that there are, and the most that there were at a time since the last `restart`. */
  readonly bytes: number;
  readonly mostBytes: number;
  /** Bytes that were written by name of the buffer, and bytes that were fetched, since the last `restart`. */
  readonly written: ReadonlyMap<string, number>;
  readonly fetched: number;
  /** Dispatches that were recorded since the last `restart`. */
  readonly dispatches: number;
  restart(): void;
}

interface Scope {
  readonly filter: GPUErrorFilter;
  error: GPUError | null;
}

/** The same GPU as if it had so much memory. A buffer beyond that is an invalid one and an error, as the standard says. */
export function countBuffers(gpu: Gpu, memoryBytes = Infinity): CountedGpu {
  const real = gpu.device;
  const scopes: Scope[] = [];
  const counts = { bytes: 0, most: 0, fetched: 0, dispatches: 0, written: new Map<string, number>() };

  function createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    const { size } = descriptor;
    if (counts.bytes + size > memoryBytes) return refuse(size);
    counts.bytes += size;
    counts.most = Math.max(counts.most, counts.bytes);
    const buffer = real.createBuffer(descriptor);
    let there = true;
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      if (there) counts.bytes -= size;
      there = false;
      return destroy();
    };
    const map = buffer.getMappedRange.bind(buffer);
    buffer.getMappedRange = (offset, bytes) => {
      counts.fetched += bytes ?? size;
      return map(offset, bytes);
    };
    return buffer;
  }

  function refuse(size: number): GPUBuffer {
    const scope = scopes.findLast(({ filter }) => filter === "out-of-memory");
    if (scope === undefined) throw new Error(`no memory for ${size} bytes where nobody listens`);
    scope.error ??= new GPUOutOfMemoryError(`no memory for ${size} bytes`);
    real.pushErrorScope("validation");
    const invalid = real.createBuffer({ size: 8 + gpu.limits.bufferBytes, usage: GPUBufferUsage.STORAGE });
    real.popErrorScope().catch(() => {});
    return invalid;
  }

  const queue = override(real.queue, {
    writeBuffer(buffer: GPUBuffer, offset: number, data: Uint8Array, from?: number, size?: number) {
      const bytes = size ?? data.byteLength - (from ?? 0);
      counts.written.set(buffer.label, (counts.written.get(buffer.label) ?? 0) + bytes);
      real.queue.writeBuffer(buffer, offset, data as Uint8Array<ArrayBuffer>, from, size);
    },
  });
  function beginComputePass(encoder: GPUCommandEncoder): GPUComputePassEncoder {
    const pass = encoder.beginComputePass();
    return override(pass, {
      dispatchWorkgroups(x: number, y: number) {
        counts.dispatches++;
        pass.dispatchWorkgroups(x, y);
      },
      dispatchWorkgroupsIndirect(buffer: GPUBuffer, offset: number) {
        counts.dispatches++;
        pass.dispatchWorkgroupsIndirect(buffer, offset);
      },
    });
  }

  const device = override(real, {
    queue,
    createBuffer,
    createCommandEncoder() {
      const encoder = real.createCommandEncoder();
      return override(encoder, { beginComputePass: () => beginComputePass(encoder) });
    },
    pushErrorScope(filter: GPUErrorFilter) {
      scopes.push({ filter, error: null });
      real.pushErrorScope(filter);
    },
    popErrorScope() {
      const { error } = scopes.pop()!;
      return real.popErrorScope().then((found) => error ?? found);
    },
  });
  return {
    gpu: Object.create(gpu, { device: { value: device } }) as Gpu,
    get bytes() {
      return counts.bytes;
    },
    get mostBytes() {
      return counts.most;
    },
    get fetched() {
      return counts.fetched;
    },
    get dispatches() {
      return counts.dispatches;
    },
    written: counts.written,
    restart() {
      counts.most = counts.bytes;
      counts.fetched = 0;
      counts.dispatches = 0;
      counts.written.clear();
    },
  };
}

/** The least memory in which frames pass through a GPU, or in which all stay, and are cut as wanted; to a thousandth. */
export function memoryFor(
  { gpu, data, waves, scratchBytes = 2 ** 28, whole = false }: {
    readonly gpu: Gpu;
    readonly data: Data;
    readonly waves: number;
    readonly scratchBytes?: number;
    readonly whole?: boolean;
  },
  isWanted: (cuts: readonly BlockCut[]) => boolean,
): number {
  const need = { ...needOf(data), waves };
  for (let memoryBytes = 2 ** 16; memoryBytes < 2 ** 40; memoryBytes = Math.ceil(1.001 * memoryBytes)) {
    const bytes = { bindingBytes: gpu.limits.bindingBytes, scratchBytes, memoryBytes };
    try {
      const plan = planMemory(need, gpuLimits(bytes));
      if (plan.isWhole === whole && isWanted(cutBlocks(data, { plan, bytes }))) return memoryBytes;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
    }
  }
  throw new Error("no memory cuts the frames so");
}

/** An object whose own members take the place of another's. */
function override<T extends object>(object: T, own: Readonly<Record<string, unknown>>): T {
  return new Proxy(object, {
    get(target, key) {
      if (typeof key === "string" && key in own) return own[key];
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
