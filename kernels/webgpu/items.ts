/** Frames that a dispatch works on, and where their records lie in arrays. */

import type { Chunk } from "./gpu_memory.ts";
import { maskStride } from "./host_frames.ts";
import type { LoadedBlock, Stored } from "./store.ts";

/** Frames of a chunk, or a single pod or frame of it. */
export interface Items {
  readonly loaded: LoadedBlock;
  readonly chunk: Chunk;
  /** First frame within the chunk, and its place in the window of frames that pass through. */
  readonly frame: number;
  readonly place: number;
  /** Number of frames, or 1 for a pod. */
  readonly count: number;
  /** The mode of a single pod; null for all modes. */
  readonly mode: number | null;
}

/** First element and elements per item of what a binding sees. */
export function recordOf({ layout, window }: Stored, { loaded, chunk, frame, place, mode }: Items): [number, number] {
  const { block, firstFrame, firstPod, resident } = loaded;
  const perFrame = layout.perMode ? block.modes : 1;
  if (layout.element === "byte" && block.measured.maskFrames === 1) return [0, 0];
  const stride = layout.element === "byte" ? maskStride(layout.count) : layout.count;
  const base = layout.extent === "frames" ? (layout.perMode ? firstPod : firstFrame) + chunk.first * perFrame : 0;
  // Scratch belongs to the frames that are worked on, whichever they are.
  const first = layout.extent === "scratch" ? 0 : window !== null && chunk.first >= resident ? place : frame;
  const start = base + first * perFrame + (mode !== null && layout.perMode ? mode : 0);
  return [stride * start, stride * (mode === null ? perFrame : 1)];
}
