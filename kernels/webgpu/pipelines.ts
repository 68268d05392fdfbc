/** Compiled kernels: pipelines of all entry points over one bind group layout. */

import type { FrameKernel, WholeKernel } from "../kernel.ts";
import { type Over, readLayout, type WgslText } from "../wgsl.ts";

/** A compiled WGSL text. */
export interface Program {
  /** Distinguishes bind groups. */
  readonly id: number;
  readonly layout: GPUBindGroupLayout;
  /** Binding of the uniform, null if there is none. */
  readonly uniform: number | null;
  /** The storage bindings in their order. */
  readonly storage: readonly { readonly name: string; readonly binding: number }[];
  readonly stages: readonly { readonly pipeline: GPUComputePipeline; readonly over: Over }[];
}

/** Compiles texts once per device. */
export interface Programs {
  kernel(kernel: FrameKernel | WholeKernel): Program;
  /** A text that is no kernel's. */
  text(code: string, entries: readonly { readonly entry: string; readonly over: Over }[]): Program;
}

/** Bytes that a uniform binding may have: the longest Params. */
export const UNIFORM_BYTES = 128;

/** An empty store of compiled kernels. */
export function createPrograms(device: GPUDevice): Programs {
  const kernels = new Map<FrameKernel | WholeKernel, Program>();
  const texts = new Map<string, Program>();
  let count = 0;
  function text(code: string, entries: readonly { readonly entry: string; readonly over: Over }[]): Program {
    const known = texts.get(code);
    if (known !== undefined) return known;
    const { storage, uniform } = readLayout(code);
    const layout = device.createBindGroupLayout({ entries: layoutEntries(storage, uniform) });
    const module = device.createShaderModule({ code });
    const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
    const stages = entries.map(({ entry, over }) => ({
      pipeline: device.createComputePipeline({ layout: pipelineLayout, compute: { module, entryPoint: entry } }),
      over,
    }));
    const program = { id: count++, layout, uniform, storage, stages };
    texts.set(code, program);
    return program;
  }
  return {
    text,
    kernel(kernel) {
      const known = kernels.get(kernel);
      if (known !== undefined) return known;
      const form = kernel.wgsl as WgslText;
      const program = text(form.code.join("\n"), [...(form.before ?? []), { entry: kernel.name, over: form.over }]);
      kernels.set(kernel, program);
      return program;
    },
  };
}

function layoutEntries(
  storage: readonly { readonly writes: boolean; readonly binding: number }[],
  uniform: number | null,
): GPUBindGroupLayoutEntry[] {
  const visibility = GPUShaderStage.COMPUTE;
  const entries: GPUBindGroupLayoutEntry[] = storage.map(({ writes, binding }) => ({
    binding,
    visibility,
    buffer: { type: writes ? "storage" : "read-only-storage" },
  }));
  if (uniform !== null) {
    const buffer = { type: "uniform", hasDynamicOffset: true, minBindingSize: 0 } as const;
    entries.push({ binding: uniform, visibility, buffer });
  }
  return entries;
}
