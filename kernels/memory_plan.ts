/** How much memory a reconstruction takes on a device, how many frames stay there, and how many at a time pass through. */

import type { DeviceLimits } from "./device.ts";
import { DeviceError } from "./errors.ts";
import type { Precision } from "./nd_array.ts";
import type { Data, StorageSpec } from "./reconstruction.ts";

/** What is to be held. */
export interface MemoryNeed {
  readonly precision: Precision;
  readonly blocks: readonly BlockNeed[];
  /** Elements of all probe layers and of all object layers. */
  readonly probeElements: number;
  readonly objectElements: number;
  /** Complex numbers that the engine keeps for every measured value and mode: see `Engine.waves`. */
  readonly waves: number;
}

/** Shape of a frame. */
export interface FrameNeed {
  readonly modes: number;
  readonly rows: number;
  readonly cols: number;
}

/** Shape of a block. */
export interface BlockNeed extends FrameNeed {
  readonly frames: number;
}

/** Data as far as memory is concerned. */
export type DataNeed = Omit<MemoryNeed, "waves">;

/** What data need. */
export function needOf({ precision, blocks, probes, objects }: Data): DataNeed {
  return { precision, blocks, probeElements: elementsOf(probes), objectElements: elementsOf(objects) };
}

/** What it comes to. */
export interface MemoryPlan {
  /** Bytes of measured values and waves of all frames, and of arrays like probe and object. */
  readonly frameBytes: number;
  readonly arrayBytes: number;
  /** Bytes that the device takes in all. */
  readonly deviceBytes: number;
  /** What of each block stays on the device. */
  readonly blocks: readonly FramePlan[];
  /** Whether all frames stay on the device. */
  readonly isWhole: boolean;
}

/** How the frames of a block are held. */
export interface FramePlan {
  /** The first frames, which stay on the device. */
  readonly resident: number;
  /** Frames at a time that the others pass through it; 0 if there are none. */
  readonly window: number;
}

/** Arrays of the size of the object or the probe that an engine has at most (ML: gradients, directions, their old values). */
export const ENGINE_COPIES = 7;

/** One in so many frames that there is room for is a place to pass through. */
const WINDOW_SHARE = 8;

/**
 * Plans the memory of a run on a device. Where not all frames fit, blocks get the room in parts of what they need.
 * @throws {DeviceError} if there is no room for a single frame of each block
 */
export function planMemory(need: MemoryNeed, limits: DeviceLimits): MemoryPlan {
  const { precision, waves, probeElements, objectElements } = need;
  const { memoryBytes = Infinity, overheadBytes: overhead = 0 } = limits;
  const overheadBytes = typeof overhead === "number" ? overhead : overhead(need);
  const number = precision === "single" ? 4 : 8;
  const arrayBytes = 2 * number * ENGINE_COPIES * (probeElements + objectElements);
  const places = need.blocks.map((block) => placeBytes(block, { precision, waves, limits }));
  const frameBytes = sum(need.blocks.map(({ frames }, i) => frames * places[i]!.held));
  const room = memoryBytes - overheadBytes - arrayBytes;
  const work = Math.max(...places.map((place) => place.work));
  const isWhole = frameBytes + work <= room;
  const blocks = need.blocks.map(({ frames }, i) => {
    if (isWhole) return { resident: frames, window: 0 };
    return shareOf(places[i]!, { frames, bytes: room * frames * places[i]!.held / frameBytes });
  });
  if (blocks.some(({ resident, window }) => resident + window < 1)) {
    // With this much every block's part is the room for one frame.
    const parts = places.map(({ held, work }, i) => (held + work) * frameBytes / (need.blocks[i]!.frames * held));
    throw tooSmall(memoryBytes, overheadBytes + arrayBytes + Math.max(...parts));
  }
  const held = sum(blocks.map(({ resident, window }, i) => (resident + window) * places[i]!.held));
  return { frameBytes, arrayBytes, deviceBytes: overheadBytes + arrayBytes + held, blocks, isWhole };
}

interface Place {
  /** Bytes that a frame takes while it is on the device, and those that working on it takes beside. */
  readonly held: number;
  readonly work: number;
}

function placeBytes(
  { modes, rows, cols }: FrameNeed,
  { precision, waves, limits }: { precision: Precision; waves: number; limits: DeviceLimits },
): Place {
  const plane = limits.planeBytes?.({ rows, cols, precision }) ?? rows * cols * (precision === "single" ? 4 : 8);
  const { workPlanes = { perFrame: 0, perMode: 0 } } = limits;
  return {
    held: plane * (1 + 2 * waves * modes) + (limits.frameBytes?.({ modes, rows, cols }) ?? 0),
    work: plane * (workPlanes.perFrame + modes * workPlanes.perMode),
  };
}

function shareOf({ held, work }: Place, { frames, bytes }: { frames: number; bytes: number }): FramePlan {
  const places = Math.floor(bytes / held);
  const window = Math.min(places, Math.max(1, Math.floor(bytes / WINDOW_SHARE / (held + work))));
  const resident = Math.min(frames, Math.floor((bytes - window * (held + work)) / held));
  if (window < 1 || resident < 0) return { resident: 0, window: 0 };
  return { resident, window: Math.min(window, frames - resident) };
}

function tooSmall(memoryBytes: number, least: number): DeviceError {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  return new DeviceError(
    `Cannot plan the memory: found ${megabytes(memoryBytes)} for the device, expected at least ${
      megabytes(least)
    }; allow ` +
      "more memory, crop or rebin the frames, or use fewer modes",
    { memoryBytes, least },
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function elementsOf(storages: readonly StorageSpec[]): number {
  return sum(storages.map(({ layers, rows, cols }) => layers * rows * cols));
}
