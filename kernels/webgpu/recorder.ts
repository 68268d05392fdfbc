/**
 * Recording dispatches: command encoders, uniforms, bind groups, submissions and read-back. Everything happens in the order in which it
 * is recorded.
 */

import type { GpuArray } from "./gpu_array.ts";
import { PAGE_BYTES } from "./gpu_memory.ts";
import { type Program, UNIFORM_BYTES } from "./pipelines.ts";
import type { Gpu } from "./request_gpu.ts";

/** A storage binding. `bytes` may be less than the array has. */
export interface Bound {
  readonly array: GpuArray;
  readonly bytes: number;
}

/** A condition under which dispatches run: their workgroup counts come from a buffer that is zero otherwise. */
export interface Condition {
  readonly args: GpuArray;
  /** Byte offset of the counts for (x, y), once what is recorded is done. */
  offsetOf(x: number, y: number): number;
}

/** Place of a Params block; equal contents share one. */
export type UniformSlot = number;

/** An entry point that is ready to be recorded any number of times. */
export interface PreparedStage {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly slot: UniformSlot | null;
  readonly groups: number;
}

/** Records work for one resident. */
export interface Recorder {
  /** Stores a Params block; at most `UNIFORM_BYTES`. */
  uniform(words: Uint32Array): UniformSlot;
  /** A bind group and the uniform page that it is for. */
  bind(program: Program, bound: readonly Bound[], slot: UniformSlot | null): GPUBindGroup;
  /** Records one entry point over a number of workgroups. */
  dispatch(stage: PreparedStage, condition: Condition | null): void;
  /** Records a copy between buffers. */
  copy(
    from: GpuArray,
    to: GPUBuffer,
    options: { readonly offset: number; readonly at: number; readonly bytes: number },
  ): void;
  /**
   * Begins anew with the Params if there is little room left for more: what was prepared before must not be recorded after. Until then
   * all are kept, so that what is prepared can be recorded again and again.
   */
  makeRoom(): void;
  /** Forgets bind groups of an array that is about to go. */
  forget(array: GpuArray): void;
  /** Hands what is recorded to the GPU. */
  submit(): void;
  dispose(): void;
}

/** Params that are certain to suffice for one call. */
const ROOM = 64;
/** Dispatches per submission: the GPU begins while the rest is recorded. */
const MOST_DISPATCHES = 1000;

/** An empty recorder. */
export function createRecorder({ device, limits }: Gpu): Recorder {
  const step = Math.max(limits.uniformAlignment, UNIFORM_BYTES);
  const perPage = Math.floor(PAGE_BYTES / step);
  const pages: GPUBuffer[] = [];
  const slots = new Map<string, UniformSlot>();
  const groups = new Map<string, GPUBindGroup>();
  let encoder: GPUCommandEncoder | null = null;
  let pass: GPUComputePassEncoder | null = null;
  let dispatches = 0;

  function uniform(words: Uint32Array): UniformSlot {
    const key = words.join();
    const known = slots.get(key);
    if (known !== undefined) return known;
    const slot = slots.size;
    if (slot === pages.length * perPage) {
      pages.push(device.createBuffer({ size: PAGE_BYTES, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST }));
    }
    const offset = step * (slot % perPage);
    // A slot is written once, so that work which is already recorded keeps what it refers to.
    device.queue.writeBuffer(
      pages[Math.floor(slot / perPage)]!,
      offset,
      words.buffer as ArrayBuffer,
      words.byteOffset,
      words.byteLength,
    );
    slots.set(key, slot);
    return slot;
  }

  function bind(program: Program, bound: readonly Bound[], slot: UniformSlot | null): GPUBindGroup {
    const page = slot === null ? -1 : Math.floor(slot / perPage);
    let key = `${program.id}/${page}`;
    for (const { array, bytes } of bound) key += `/${array.id}:${bytes}`;
    const known = groups.get(key);
    if (known !== undefined) return known;
    const entries: GPUBindGroupEntry[] = bound.map(({ array, bytes }, i) => ({
      binding: program.storage[i]!.binding,
      resource: { buffer: array.buffer, size: bytes },
    }));
    if (page >= 0) {
      entries.push({ binding: program.uniform!, resource: { buffer: pages[page]!, size: UNIFORM_BYTES } });
    }
    const group = device.createBindGroup({ layout: program.layout, entries });
    groups.set(key, group);
    return group;
  }

  function submit(): void {
    pass?.end();
    pass = null;
    if (encoder !== null) device.queue.submit([encoder.finish()]);
    encoder = null;
    dispatches = 0;
  }

  return {
    uniform,
    bind,
    submit,
    dispatch({ pipeline, group, slot, groups: count }, condition) {
      if (count === 0) return;
      const y = Math.ceil(count / limits.groupsPerDimension);
      const x = Math.ceil(count / y);
      // May record something that comes before.
      const offset = condition?.offsetOf(x, y) ?? 0;
      encoder ??= device.createCommandEncoder();
      pass ??= encoder.beginComputePass();
      pass.setPipeline(pipeline);
      if (slot === null) pass.setBindGroup(0, group);
      else pass.setBindGroup(0, group, [step * (slot % perPage)]);
      if (condition === null) pass.dispatchWorkgroups(x, y);
      else pass.dispatchWorkgroupsIndirect(condition.args.buffer, offset);
      if (++dispatches >= MOST_DISPATCHES) submit();
    },
    copy(from, to, { offset, at, bytes }) {
      encoder ??= device.createCommandEncoder();
      pass?.end();
      pass = null;
      encoder.copyBufferToBuffer(from.buffer, offset, to, at, bytes);
    },
    makeRoom() {
      if (perPage - slots.size > ROOM) return;
      submit();
      slots.clear();
    },
    forget({ id }) {
      for (const key of groups.keys()) if (key.includes(`/${id}:`)) groups.delete(key);
    },
    dispose() {
      submit();
      for (const page of pages) page.destroy();
      groups.clear();
    },
  };
}
