/** What lies behind buffer handles: arrays of frames are cut into segments of frames that one binding can hold. */

import type { AllocOptions } from "../device.ts";
import { DeviceError, ShapeError } from "../errors.ts";
import type { Element } from "../kernel.ts";
import type { MeasuredFrames } from "../measured.ts";
import type { ElementArray, NdArray } from "../nd_array.ts";
import type { Buffer, BufferLayout } from "../pass.ts";
import type { Block, Data } from "../reconstruction.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";

/** A block and how its frames are cut. */
export interface LoadedBlock {
  readonly block: Block;
  /** Number of the block's first frame and pod in the whole data. */
  readonly firstFrame: number;
  readonly firstPod: number;
  /** Frames that are worked on together. */
  readonly chunks: readonly Chunk[];
  readonly framesPerChunk: number;
}

/** Consecutive frames of a block. */
export interface Chunk {
  readonly index: number;
  readonly first: number;
  readonly frames: number;
}

/** An array on the GPU: one segment, or one per chunk for the frames of a block. */
export interface Stored {
  readonly layout: BufferLayout;
  readonly segments: readonly GpuArray[];
  /** Values that came from the host in double precision; they go back as they came where the GPU has not changed them. */
  readonly source: Float64Array | null;
}

/** Arrays behind handles. */
export interface Store {
  readonly blocks: readonly LoadedBlock[];
  readonly kept: ReadonlyMap<Buffer, readonly number[]>;
  readonly rest: Map<string, NdArray>;
  alloc<E extends Element>(name: string, options: AllocOptions<E>): Buffer<E>;
  /** A handle for measured intensities (`real`) or masks (`byte`). */
  putMeasured<E extends "real" | "byte">(layout: BufferLayout<E>, measured: MeasuredFrames): Buffer<E>;
  /** A handle for values that are never written back. */
  put<E extends Element>(layout: BufferLayout<E>, values: ElementArray): Buffer<E>;
  keep(buffer: Buffer, shape: readonly number[]): void;
  get(buffer: Buffer): Stored;
  free(buffer: Buffer): void;
}

/** Bytes of measured frames that are uploaded at a time. */
const UPLOAD_BYTES = 2 ** 24;

/** Bytes of an element on the GPU. */
export const ELEMENT_BYTES: Readonly<Record<Element, number>> = {
  complex: 8,
  wide_complex: 8,
  real: 4,
  wide: 4,
  int: 4,
  byte: 1,
};

/** An empty store for blocks that are cut already. */
export function createStore(
  { data, blocks, arrays, rest }: {
    readonly data: Data;
    readonly blocks: readonly LoadedBlock[];
    readonly arrays: GpuArrays;
    readonly rest: Map<string, NdArray>;
  },
): Store {
  const stored = new Map<Buffer, Stored>();
  const kept = new Map<Buffer, readonly number[]>();

  function create(layout: BufferLayout): GpuArray[] {
    const bytes = ELEMENT_BYTES[layout.element] * layout.count;
    const per = (block: Block) => layout.perMode ? block.modes : 1;
    if (layout.extent === "whole") return [arrays.create(layout.name, bytes)];
    if (layout.extent === "frames") {
      return [arrays.create(layout.name, bytes * data.blocks.reduce((sum, b) => sum + b.frames * per(b), 0))];
    }
    const { block, chunks, framesPerChunk } = blocks[layout.block]!;
    if (layout.extent === "scratch") {
      return [arrays.create(layout.name, bytes * per(block) * Math.min(framesPerChunk, block.frames))];
    }
    if (layout.element === "byte" && block.measured.maskFrames === 1) return [arrays.create(layout.name, bytes)];
    return chunks.map(({ frames }) => arrays.create(layout.name, bytes * per(block) * frames));
  }

  function upload(
    segments: readonly GpuArray[],
    { layout, values }: { layout: BufferLayout; values: ElementArray },
  ): void {
    const numbers = layout.element === "int" || layout.element === "byte"
      ? values
      : Float32Array.from(values as ArrayLike<number>);
    if (segments.length === 1) return arrays.upload(segments[0]!, numbers);
    const { block, chunks } = blocks[layout.block]!;
    const perFrame = numbers.length / block.frames;
    for (const { index, first, frames } of chunks) {
      arrays.upload(segments[index]!, numbers.subarray(first * perFrame, (first + frames) * perFrame));
    }
  }

  /** Uploads frames in pieces, so that the host holds few of them. */
  function uploadMeasured(
    segment: GpuArray,
    { element, measured, first, count, points }: {
      readonly element: "real" | "byte";
      readonly measured: MeasuredFrames;
      readonly first: number;
      readonly count: number;
      readonly points: number;
    },
  ): void {
    // A whole number of frames and of words.
    const together = 4 * Math.max(1, Math.floor(UPLOAD_BYTES / (16 * points)));
    for (let at = 0; at < count; at += together) {
      const piece = points * Math.min(together, count - at);
      const values = element === "byte" ? new Uint8Array(piece) : new Float32Array(piece);
      if (values instanceof Uint8Array) measured.readMask(first + at, values);
      else measured.readDiffraction(first + at, values);
      arrays.upload(segment, values, ELEMENT_BYTES[element] * points * at);
    }
  }

  function add<E extends Element>(layout: BufferLayout<E>, values: ElementArray | null): Buffer<E> {
    const buffer = { layout };
    const segments = create(layout);
    if (values !== null) upload(segments, { layout, values });
    stored.set(buffer, { layout, segments, source: values instanceof Float64Array ? values : null });
    return buffer;
  }

  return {
    blocks,
    kept,
    rest,
    put: add,
    putMeasured(layout, measured) {
      const buffer = add(layout, null);
      const { segments } = stored.get(buffer)!;
      const { chunks } = blocks[layout.block]!;
      const { points, frames, maskFrames } = measured;
      for (const [i, segment] of segments.entries()) {
        // One mask for all frames has one segment, whatever the chunks.
        const [first, count] = segments.length === 1
          ? [0, layout.element === "byte" ? maskFrames : frames]
          : [chunks[i]!.first, chunks[i]!.frames];
        uploadMeasured(segment, { element: layout.element, measured, first, count, points });
      }
      return buffer;
    },
    keep: (buffer, shape) => void kept.set(buffer, shape),
    alloc(name, { shape, element, count, extent = "whole", perMode = false, block = 0 }) {
      const layout = { name, element, count, extent, perMode, block };
      const loaded = shape === undefined ? undefined : rest.get(name);
      if (loaded !== undefined) {
        const expected = numbersOf(layout, data);
        if (loaded.data.length !== expected) {
          throw new ShapeError(
            `Cannot load the array "${name}" of the state: found ${loaded.data.length} numbers, expected ${expected}`,
          );
        }
        rest.delete(name);
      }
      const buffer = add(layout, loaded?.data ?? null);
      if (shape !== undefined) kept.set(buffer, shape);
      return buffer;
    },
    get(buffer) {
      const found = stored.get(buffer);
      if (found === undefined) {
        throw new DeviceError(`Cannot use buffer "${buffer.layout.name}": found it freed, expected it on this device`);
      }
      return found;
    },
    free(buffer) {
      for (const segment of stored.get(buffer)?.segments ?? []) arrays.free(segment);
      stored.delete(buffer);
    },
  };
}

/** Numbers of an array that outlives passes. */
function numbersOf({ extent, count, perMode, block, element }: BufferLayout, data: Data): number {
  const records = (b: Block) => b.frames * (perMode ? b.modes : 1);
  const elements = extent === "frames"
    ? count * data.blocks.reduce((sum, b) => sum + records(b), 0)
    : extent === "block"
    ? count * records(data.blocks[block]!)
    : count;
  return element === "complex" || element === "wide_complex" ? 2 * elements : elements;
}
