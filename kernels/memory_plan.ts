/** How much memory a reconstruction takes on a device, and whether it fits there. */

import type { DeviceLimits } from "./device.ts";
import type { Precision } from "./nd_array.ts";

/** What is to be held. */
export interface MemoryNeed {
  readonly precision: Precision;
  readonly blocks: readonly {
    readonly frames: number;
    readonly modes: number;
    readonly rows: number;
    readonly cols: number;
  }[];
  /** Elements of all probe layers and of all object layers. */
  readonly probeElements: number;
  readonly objectElements: number;
  /** Complex numbers that the engine keeps for every measured value and mode: see `Engine.waves`. */
  readonly waves: number;
}

/** What it comes to. */
export interface MemoryPlan {
  /** Bytes of measured values and waves, and of arrays like probe and object. */
  readonly frameBytes: number;
  readonly arrayBytes: number;
  /** Whether that is within the device's memory. */
  readonly fits: boolean;
}

/** Arrays of the size of the object or the probe that an engine has at most (ML: gradients, directions, their old values). */
const ENGINE_COPIES = 7;

/** Rows of waves are padded, and planes kept apart in the cache. */
const PADDING = 1.05;

/** Estimates the memory of a run on a device. */
export function planMemory(need: MemoryNeed, { memoryBytes = Infinity }: DeviceLimits): MemoryPlan {
  const number = need.precision === "single" ? 4 : 8;
  const frameBytes = need.blocks.reduce(
    (sum, { frames, modes, rows, cols }) => sum + frames * rows * cols * number * (1 + 2 * need.waves * modes),
    0,
  );
  const arrayBytes = 2 * number * ENGINE_COPIES * (need.probeElements + need.objectElements);
  return { frameBytes, arrayBytes, fits: PADDING * (frameBytes + arrayBytes) <= memoryBytes };
}
