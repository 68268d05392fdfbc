/** What the GPU device takes of memory, and how the frames of blocks are cut so that it stays within. */

import type { DeviceLimits } from "../device.ts";
import { DeviceError } from "../errors.ts";
import { MAX_BINDINGS } from "../kernel.ts";
import { ENGINE_COPIES, type FrameNeed, type MemoryNeed, type MemoryPlan } from "../memory_plan.ts";
import { ADDRESS, type Data } from "../reconstruction.ts";
import { MANY, shareCount, SLICE, TILE } from "../wgsl.ts";
import { MOST_LISTS, mostTiles } from "./view_lists.ts";

/** How much of a GPU to use. */
export interface GpuBytes {
  /** Bytes of a binding. */
  readonly bindingBytes: number;
  /** Bytes of one scratch wave. */
  readonly scratchBytes: number;
  /** Bytes of all buffers; null for as many as there are. */
  readonly memoryBytes: number | null;
}

/** Consecutive frames of a block that are worked on together. */
export interface Chunk {
  readonly index: number;
  readonly first: number;
  readonly frames: number;
}

/** How the frames of a block are cut. */
export interface BlockCut {
  readonly chunks: readonly Chunk[];
  readonly framesPerChunk: number;
  /** Frames from the first on that stay on the GPU, whole chunks. The others pass through the place of one chunk. */
  readonly resident: number;
}

/** Real planes of scratch of a frame that is worked on: an image, and two waves per mode. */
const SCRATCH_PLANES = { perFrame: 1, perMode: 4 };

/** The same, and per mode two waves on their way to the host. */
const WORK_PLANES = { perFrame: 1, perMode: 8 };

/** Bytes of a page of Params, of which there is one or, where every frame has its own, so many as frames take. */
export const PAGE_BYTES = 2 ** 20;

/** Bytes of Params of one pod in a pass that visits pods one by one: nine kernels of 256 bytes. */
const PARAMS_BYTES = 9 * 256;

/** Bytes per frame, and as many per mode, of small arrays that are always whole: positions, trials, errors, sums, addresses. */
const ROW_BYTES = 64;

/** Bytes that are read back at a time, at most. */
const READ_BYTES = 2 ** 26;

/** Bytes of arrays whose size depends on nothing: loop counts, scalars, reports. */
const FIXED_BYTES = 2 ** 17;

/** Bytes of all tables of the transforms along a line, per element of its length: eight lines, padded to four times the length. */
const TABLE_BYTES = 8 * 72;

/** The limits of a GPU as far as memory goes. */
export function gpuLimits({ bindingBytes, memoryBytes }: Omit<GpuBytes, "scratchBytes">): DeviceLimits {
  return {
    maxBufferBytes: bindingBytes,
    maxBindings: MAX_BINDINGS,
    ...(memoryBytes === null ? {} : { memoryBytes }),
    workPlanes: WORK_PLANES,
    frameBytes,
    overheadBytes: (need) => overheadBytes(need, memoryBytes),
  };
}

/** Bytes to read back at a time, a small part of the memory. */
export function readBytesOf(memoryBytes: number | null): number {
  if (memoryBytes === null) return READ_BYTES;
  return Math.min(READ_BYTES, 2 ** Math.max(12, Math.floor(Math.log2(memoryBytes / 32))));
}

/** Bytes of scratch that no kernel goes beyond, but for sums over waves, which take part in what a frame takes. */
export function workBytesOf({ probeElements, objectElements }: Omit<MemoryNeed, "waves">): number {
  return Math.max(
    16 * shareCount(probeElements) * probeElements,
    16 * (MANY + probeElements),
    8 * objectElements,
  );
}

/** Mask, addresses, view lists, Params and sums of a frame. */
function frameBytes({ rows, cols, modes }: FrameNeed): number {
  const points = rows * cols;
  const sums = 16 * Math.max(Math.max(rows, cols), Math.ceil(points / SLICE));
  const perMode = 2 * 4 * ADDRESS.columns + 4 * mostTiles({ rows, cols }) + PARAMS_BYTES + sums;
  return 4 * Math.ceil(points / 4) + modes * perMode + ROW_BYTES;
}

function overheadBytes(need: MemoryNeed, memoryBytes: number | null): number {
  const blocks = need.blocks.map(({ frames, modes, rows, cols }) => {
    // A block has a propagator per energy, of which there are as many as modes at most: a factor, or two matrices for each direction.
    const factors = 8 * (modes > 1 ? 2 * modes * (rows ** 2 + cols ** 2) : 2 * rows * cols);
    return factors + TABLE_BYTES * Math.max(rows, cols) + frames * (1 + modes) * ROW_BYTES;
  });
  // Tiles of as many square layers as there are blocks.
  const layers = need.blocks.length;
  const tiles = layers * (Math.sqrt(need.objectElements / layers) / TILE + 1) ** 2;
  const lists = 32 * tiles * Math.max(MOST_LISTS, layers);
  // No more is read back at a time than all arrays of the state.
  const values = need.blocks.reduce((sum, { frames, modes, rows, cols }) => sum + frames * modes * rows * cols, 0);
  const state = 8 * (need.waves * values + ENGINE_COPIES * (need.probeElements + need.objectElements));
  const read = Math.min(readBytesOf(memoryBytes), state);
  // The largest scratch is that of smoothing the object where it is counted as one of the engine's arrays.
  const work = workBytesOf({ ...need, objectElements: 0 });
  return Math.ceil(
    blocks.reduce((a, b) => a + b, 0) + lists + work + 2 * PAGE_BYTES + read + FIXED_BYTES,
  );
}

/** Cuts the frames of every block as planned. @throws {DeviceError} if the waves of a frame do not fit a binding */
export function cutBlocks(
  { blocks }: Data,
  { plan, bytes: { bindingBytes, scratchBytes, memoryBytes } }: {
    readonly plan: MemoryPlan;
    readonly bytes: GpuBytes;
  },
): BlockCut[] {
  const spare = memoryBytes === null ? Infinity : memoryBytes - plan.deviceBytes;
  return blocks.map(({ ID, frames, modes, rows, cols }, i) => {
    const bytes = 8 * modes * rows * cols;
    if (bytes > bindingBytes) {
      throw new DeviceError(
        `Cannot load block ${ID} on the GPU: found ${bytes} bytes per frame, expected at most ${bindingBytes}; crop the ` +
          "frames, use fewer modes or another device",
        { bytes, limit: bindingBytes },
      );
    }
    const { resident, window } = plan.blocks[i]!;
    const room = plan.isWhole ? Math.floor(spare / planeBytes({ rows, cols, modes }, SCRATCH_PLANES)) : window;
    const most = Math.floor(Math.min(bindingBytes, scratchBytes) / bytes);
    const framesPerChunk = Math.min(frames, Math.max(1, Math.min(most, room)));
    const chunks = Array.from({ length: Math.ceil(frames / framesPerChunk) }, (_, index) => ({
      index,
      first: index * framesPerChunk,
      frames: Math.min(framesPerChunk, frames - index * framesPerChunk),
    }));
    // Whole chunks stay, so that chunks do not depend on how many do.
    const stays = resident === frames ? frames : resident - resident % framesPerChunk;
    return { chunks, framesPerChunk, resident: stays };
  });
}

/** Bytes that are taken in all, work included, when blocks are cut so. */
export function bytesInAll(
  { blocks }: Data,
  { plan, cuts }: { readonly plan: MemoryPlan; readonly cuts: readonly BlockCut[] },
): number {
  const planes = plan.isWhole ? SCRATCH_PLANES : WORK_PLANES;
  return plan.deviceBytes + Math.max(...blocks.map((block, i) => cuts[i]!.framesPerChunk * planeBytes(block, planes)));
}

function planeBytes({ rows, cols, modes }: FrameNeed, { perFrame, perMode }: typeof WORK_PLANES): number {
  return 4 * rows * cols * (perFrame + modes * perMode);
}
