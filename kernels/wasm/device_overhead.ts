/** What the WASM device takes in its memory beside the frames of a memory plan and arrays like probe and object. */

import { generateWasmFft } from "../fft/wasm_fft.ts";
import { planWasmFft } from "../fft/wasm_plan.ts";
import type { BlockNeed, MemoryNeed } from "../memory_plan.ts";
import type { Precision } from "../nd_array.ts";
import { threadScratch } from "./device_programs.ts";
import { LIKELIHOOD_FRAME } from "./likelihood_pass.ts";
import { FRAME_RECORD, POD_RECORD } from "./projection_pass.ts";

/**
 * Bytes for what is small beside frames or seldom there: jobs, the bytes of a module while threads make their instances of it (less
 * than 50 kB for every size), padding of small probes, gaps between pieces, the last page.
 */
const SUNDRY_BYTES = 1e6;

/** Room for back-propagated waves: what a large cache holds, so that the sums over them read little from the memory. */
const RESIDUAL_BYTES = 8e6;

/** Most of the memory that back-propagated waves may take to give every thread more than one frame at a time. */
const RESIDUAL_SHARE = 1 / 16;

/** Pod records under different names (see DeviceBlock.pods) that one engine keeps: the difference map has five passes. */
const POD_TABLES = 5;

/** Bytes of a visit's order and errors, per pod. */
const VISIT_BYTES = 4 + 24;

/** How many frames' back-propagated waves are held at a time, so many that no thread has one less than another. */
export function framesTogether(
  { frameBytes, threads, memoryBytes }: {
    readonly frameBytes: number;
    readonly threads: number;
    readonly memoryBytes: number;
  },
): number {
  const perThread = Math.max(4, Math.round(Math.floor(RESIDUAL_BYTES / frameBytes) / threads));
  const most = Math.floor(RESIDUAL_SHARE * memoryBytes / frameBytes / threads);
  return threads * Math.max(1, Math.min(perThread, most));
}

/** Bytes for any engine on data of a need. */
export function overheadBytes(
  { blocks, precision }: Pick<MemoryNeed, "blocks" | "precision">,
  device: { readonly threads: number; readonly memoryBytes: number },
): number {
  const shapes = new Map(blocks.map((block) => [[block.rows, block.cols, block.modes].join(), block]));
  const programs = [...shapes.values()].map((shape) => programBytes(shape, { precision, ...device }));
  return SUNDRY_BYTES + sum(programs) + residualBytes({ blocks, precision }, device) +
    sum(blocks.map((block) => blockBytes(block, precision)));
}

/** Tables and scratch of the programs for a shape: an engine that visits pods has two, one with floating intensities too. */
function programBytes(
  { rows, cols, modes }: BlockNeed,
  { precision, threads }: { readonly precision: Precision; readonly threads: number },
): number {
  const plan = planWasmFft({ rows, cols, precision });
  const { tables, scratchBytes } = generateWasmFft(plan, { sharedPages: 0 });
  const { planeBytes } = plan.layout;
  // And a plane of roots where counts are held.
  const [projection, visit, likelihood] = [2 * modes + 1, 2, 4 * modes].map((planes) =>
    tables.length + threads * threadScratch((1 + planes) * planeBytes + scratchBytes)
  ) as [number, number, number];
  return Math.max(projection + visit, 2 * likelihood);
}

/** Back-propagated waves, which blocks of one shape share unless they have too few frames. */
function residualBytes(
  { blocks, precision }: Pick<MemoryNeed, "blocks" | "precision">,
  device: { readonly threads: number; readonly memoryBytes: number },
): number {
  const pieces = new Map(blocks.map(({ frames, modes, rows, cols }) => {
    const frameBytes = 2 * modes * planWasmFft({ rows, cols, precision }).layout.planeBytes;
    const together = Math.min(frames, framesTogether({ frameBytes, ...device }));
    return [[rows, cols, modes, together].join(), together * frameBytes];
  }));
  return sum([...pieces.values()]);
}

/** Records, a propagator for each mode at most, and a support. */
function blockBytes({ frames, modes, rows, cols }: BlockNeed, precision: Precision): number {
  const { planeBytes } = planWasmFft({ rows, cols, precision }).layout;
  const perPod = POD_TABLES * POD_RECORD.bytes + VISIT_BYTES;
  const perFrame = FRAME_RECORD.bytes + LIKELIHOOD_FRAME.bytes;
  return frames * (perFrame + modes * perPod) + (2 * modes + 1) * planeBytes;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
