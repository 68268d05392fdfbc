/** What lies behind buffer handles: arrays of frames are cut into segments of frames that are worked on together. */

import type { AllocOptions } from "../device.ts";
import { DeviceError } from "../errors.ts";
import { checkLength, isComplexElement, totalCount } from "../frame_records.ts";
import type { Element } from "../kernel.ts";
import type { MeasuredFrames } from "../measured.ts";
import type { ElementArray } from "../nd_array.ts";
import type { Buffer, BufferLayout, Pass } from "../pass.ts";
import type { Block, Data } from "../reconstruction.ts";
import { heldArray, type LoadedArray, piecesOf, sourceOf } from "../state_arrays.ts";
import type { FrameWindow, WindowArray } from "./frame_window.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";
import type { BlockCut } from "./gpu_memory.ts";
import { type HostFrames, keptFrames, maskStride, measuredIntensities, measuredMasks } from "./host_frames.ts";
import { createScratchPool } from "./scratch_pool.ts";

/** A block and how its frames are cut. */
export interface LoadedBlock extends BlockCut {
  readonly block: Block;
  /** Number of the block's first frame and pod in the whole data. */
  readonly firstFrame: number;
  readonly firstPod: number;
  /** Where frames that do not stay pass through; null if all stay. */
  readonly window: FrameWindow | null;
}

/** An array on the GPU: one segment, or one for every chunk of a block that stays there. */
export interface Stored {
  readonly layout: BufferLayout;
  readonly segments: readonly GpuArray[];
  /** The part that passes through; null if all of it stays. */
  readonly window: WindowArray | null;
  /** Values that came from the host in double precision; they go back as they came where the GPU has not changed them. */
  readonly source: Float64Array | null;
}

/** Arrays behind handles. */
export interface Store {
  readonly blocks: readonly LoadedBlock[];
  readonly kept: ReadonlyMap<Buffer, readonly number[]>;
  readonly rest: Map<string, LoadedArray>;
  alloc<E extends Element>(name: string, options: AllocOptions<E>): Buffer<E>;
  /** A handle for measured intensities (`real`) or masks (`byte`). */
  putMeasured<E extends "real" | "byte">(layout: BufferLayout<E>, measured: MeasuredFrames): Buffer<E>;
  /** A handle for values that are never written back. */
  put<E extends Element>(layout: BufferLayout<E>, values: ElementArray): Buffer<E>;
  keep(buffer: Buffer, shape: readonly number[]): void;
  get(buffer: Buffer): Stored;
  /** Gives the scratch of a pass its memory. */
  placeScratch(pass: Pass): void;
  free(buffer: Buffer): void;
}

/** Bytes of an element on the GPU. */
export const ELEMENT_BYTES: Readonly<Record<Element, number>> = {
  complex: 8,
  wide_complex: 8,
  real: 4,
  wide: 4,
  int: 4,
  byte: 1,
};

/** Where a chunk of an array lies. */
export function segmentOf({ segments, window }: Stored, chunk: number): GpuArray {
  if (window === null && segments.length === 1) return segments[0]!;
  return segments[chunk] ?? window!.array;
}

interface StoreOptions {
  readonly data: Data;
  readonly blocks: readonly LoadedBlock[];
  readonly arrays: GpuArrays;
  readonly rest: Map<string, LoadedArray>;
  /** Frees memory of scratch that is too small. */
  readonly release: (array: GpuArray) => void;
}

/** An empty store for blocks that are cut already. */
export function createStore({ data, blocks, arrays, rest, release }: StoreOptions): Store {
  const stored = new Map<Buffer, Stored>();
  const kept = new Map<Buffer, readonly number[]>();
  const pool = createScratchPool({ arrays, bytesOf: (layout) => scratchBytes(layout, blocks), release });

  function add<E extends Element>(layout: BufferLayout<E>, makeHost: () => HostFrames): Buffer<E> {
    const buffer = { layout };
    stored.set(buffer, { layout, ...createParts(layout, { data, blocks, arrays, makeHost }), source: null });
    return buffer;
  }

  function put<E extends Element>(layout: BufferLayout<E>, values: ElementArray | null): Buffer<E> {
    const numbers = values === null ? null : numbersOf(layout, values);
    const size = isComplexElement(layout.element) ? 2 * layout.count : layout.count;
    const makeHost = () => {
      const { block, ...cut } = blocks[layout.block]!;
      const perFrame = layout.perMode ? block.modes : 1;
      return keptFrames(cut, { initial: numbers as Float32Array | null, perFrame, numbers: size });
    };
    const buffer = add(layout, makeHost);
    const found = stored.get(buffer)!;
    if (values instanceof Float64Array) stored.set(buffer, { ...found, source: values });
    if (numbers === null) return buffer;
    let at = 0;
    for (const segment of found.segments) {
      const count = found.window === null && found.segments.length === 1
        ? numbers.length
        : segment.bytes / numbers.BYTES_PER_ELEMENT;
      arrays.upload(segment, numbers.subarray(at, at + count));
      at += count;
    }
    return buffer;
  }

  /** Values that are read as they are uploaded, but where the host keeps what passes through. */
  function putLoaded<E extends Element>(layout: BufferLayout<E>, loaded: LoadedArray): Buffer<E> {
    if ("data" in loaded || loaded.dtype !== "complex64" || blocks[layout.block]!.window !== null) {
      return put(layout, heldArray(loaded).data);
    }
    const buffer = put(layout, null);
    let done = 0;
    for (const segment of stored.get(buffer)!.segments) {
      const [begin, length] = [done, segment.bytes / 4];
      const part = {
        ...loaded,
        length,
        readInto: (first: number, into: ElementArray) => loaded.readInto(begin + first, into),
      };
      for (const { first, piece } of piecesOf(part)) arrays.upload(segment, piece, 4 * first);
      done += length;
    }
    return buffer;
  }

  return {
    blocks,
    kept,
    rest,
    put,
    putMeasured(layout, measured) {
      const host = layout.element === "byte" ? measuredMasks(measured) : measuredIntensities(measured);
      const buffer = add(layout, () => host);
      const { segments, window } = stored.get(buffer)!;
      const { chunks } = blocks[layout.block]!;
      for (const [i, segment] of segments.entries()) {
        // One mask for all frames has one segment, whatever the chunks.
        const whole = window === null && segments.length === 1;
        const first = whole ? 0 : chunks[i]!.first;
        const count = whole ? (layout.element === "byte" ? measured.maskFrames : measured.frames) : chunks[i]!.frames;
        const bytes = layout.element === "byte" ? maskStride(layout.count) : 4 * layout.count;
        host.visit({ first, count }, (values, at) => arrays.upload(segment, values, (at - first) * bytes));
      }
      return buffer;
    },
    keep: (buffer, shape) => void kept.set(buffer, shape),
    alloc(name, { shape, element, count, extent = "whole", perMode = false, block = 0 }) {
      const layout = { name, element, count, extent, perMode, block };
      const loaded = shape === undefined ? undefined : rest.get(name);
      if (loaded !== undefined) {
        checkLength(sourceOf(loaded), totalCount(data, layout), `array "${name}" of the state`);
        rest.delete(name);
      }
      const buffer = loaded === undefined ? put(layout, null) : putLoaded(layout, loaded);
      if (shape !== undefined) kept.set(buffer, shape);
      return buffer;
    },
    get(buffer) {
      const found = stored.get(buffer);
      if (found === undefined) {
        throw new DeviceError(`Cannot use buffer "${buffer.layout.name}": found it freed, expected it on this device`);
      }
      const scratch = pool.get(buffer);
      return scratch === null ? found : { ...found, segments: [scratch] };
    },
    placeScratch: pool.place,
    free(buffer) {
      const found = stored.get(buffer);
      for (const segment of found?.segments ?? []) arrays.free(segment);
      if (found?.window) {
        arrays.free(found.window.array);
        blocks[buffer.layout.block]!.window!.remove(found.window);
      }
      stored.delete(buffer);
    },
  };
}

/** Values as the GPU has them. */
function numbersOf({ element }: BufferLayout, values: ElementArray): ElementArray {
  if (element === "int" || element === "byte" || values instanceof Float32Array) return values;
  return new Float32Array(values as Float64Array);
}

interface PartOptions extends Pick<StoreOptions, "data" | "blocks" | "arrays"> {
  readonly makeHost: () => HostFrames;
}

/** Zeroed memory for an array. Scratch has none of its own. */
function createParts(
  layout: BufferLayout,
  { data, blocks, arrays, makeHost }: PartOptions,
): Pick<Stored, "segments" | "window"> {
  const { name, element, count, extent } = layout;
  const stride = element === "byte" ? maskStride(count) : count;
  const recordBytes = ELEMENT_BYTES[element] * stride;
  if (extent === "scratch") return { segments: [], window: null };
  if (extent !== "block") {
    const numbers = totalCount(data, layout) / (isComplexElement(element) ? 2 : 1);
    return { segments: [arrays.create(name, ELEMENT_BYTES[element] * numbers)], window: null };
  }
  const { block, chunks, framesPerChunk, resident, window: frames } = blocks[layout.block]!;
  if (element === "byte" && block.measured.maskFrames === 1) {
    return { segments: [arrays.create(name, recordBytes)], window: null };
  }
  const perFrame = layout.perMode ? block.modes : 1;
  const bytes = recordBytes * perFrame;
  // Arrays with little of every frame stay, and address tables, because lists of views are made from them.
  if (frames === null || element === "int" || count < block.rows * block.cols) {
    return { segments: chunks.map((chunk) => arrays.create(name, bytes * chunk.frames)), window: null };
  }
  const window: WindowArray = {
    array: arrays.create(name, bytes * framesPerChunk),
    host: makeHost(),
    outside: { first: resident * perFrame, count: (block.frames - resident) * perFrame },
    perFrame,
    stride,
    recordBytes,
  };
  frames.add(window);
  const staying = chunks.filter(({ first }) => first < resident);
  return { segments: staying.map((chunk) => arrays.create(name, bytes * chunk.frames)), window };
}

/** Bytes of scratch for a chunk, and for a chunk of the block that needs most where scratch is a plane like this one. */
function scratchBytes(
  { element, count, perMode, block: index }: BufferLayout,
  blocks: readonly LoadedBlock[],
): { readonly own: number; readonly most: number } {
  const bytesFor = ({ block, framesPerChunk }: LoadedBlock, elements: number) =>
    Math.max(4, ELEMENT_BYTES[element] * elements * (perMode ? block.modes : 1) * framesPerChunk);
  const own = bytesFor(blocks[index]!, count);
  const { rows, cols } = blocks[index]!.block;
  if (count !== rows * cols) return { own, most: own };
  return { own, most: Math.max(...blocks.map((b) => bytesFor(b, b.block.rows * b.block.cols))) };
}
