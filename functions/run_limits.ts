/** How large a run may be: the settings, what a tree says of it at once, and what its sources say before frames are read. */

import { z } from "zod";
import { findEngine, type SupportedParams } from "../core/engines/mod.ts";
import { ParameterError } from "../core/errors.ts";
import { bragg3dFrames } from "../core/loaders/bragg_3d_sim.ts";
import type { LoaderParams } from "../core/loaders/mod.ts";
import type { ScanParams } from "../core/parameters/scan/mod.ts";
import type { PtychoParams } from "../core/ptycho_params.ts";
import type { DeviceLimits } from "../kernels/device.ts";
import { type BlockNeed, planMemory } from "../kernels/memory_plan.ts";
import { sortedScans } from "./load.ts";

/** Settings of how large a run may be. */
export const RUN_LIMITS = {
  frames: z.int().min(1).nullable().default(1_000_000).meta({
    description: "Most frames of a run, of all its scans; null for any number",
  }),
  run_bytes: z.number().positive().nullable().default(1e12).meta({
    description:
      "Most bytes that the frames of a run and the waves of its engines may need, in memory or beside it; null for any number",
    unit: "bytes",
  }),
};

/** How large a run may be. */
export type RunLimits = { readonly [K in keyof typeof RUN_LIMITS]: z.output<(typeof RUN_LIMITS)[K]> };

/** Runs of any size: those that a user starts on a machine of their own. */
export const NO_LIMITS: RunLimits = { frames: null, run_bytes: null };

/** What any frames fit into. */
const BOUNDLESS: DeviceLimits = { maxBufferBytes: Infinity, maxBindings: Infinity };

/** A scan as far as its size is concerned. */
export interface ScanSize {
  readonly frames: number;
  /** Pixels of a prepared frame. */
  readonly shape: readonly [number, number];
}

/** What of a tree matters for its size. */
type Sized = Pick<PtychoParams, "scans" | "engines" | "data_type">;

/**
 * Checks what a tree says of its size by itself: the scans that it simulates. Scans that are read from files are of the size that they have
 * when they are opened.
 *
 * @throws {ParameterError} naming the limit, what was found and the setting
 */
export function checkDeclaredSize(p: Sized, limits: RunLimits): void {
  const admit = admitScans(p, limits);
  for (const [label, { data }] of sortedScans(p.scans)) {
    const size = declaredSize(data as LoaderParams | null);
    if (size !== null) admit(label, size);
  }
}

/** Takes scans one after another, and none that makes the run too large. What it returns throws as `checkDeclaredSize` does. */
export function admitScans(p: Sized, limits: RunLimits): (label: string, size: ScanSize) => void {
  const blocks: BlockNeed[] = [];
  return (label, { frames, shape: [rows, cols] }) => {
    // Preparation says what is wrong with a scan without frames.
    if (frames === 0) return;
    blocks.push({ frames, rows, cols, modes: modesOf(p.scans[label]!) });
    const issues = [...excessFrames(blocks, limits), ...excessBytes(blocks, p, limits)];
    if (issues.length > 0) {
      throw new ParameterError(issues.map((message) => ({ path: `scans.${label}.data`, message })));
    }
  };
}

function excessFrames(blocks: readonly BlockNeed[], { frames: most }: RunLimits): string[] {
  const found = blocks.reduce((sum, { frames }) => sum + frames, 0);
  if (most === null || found <= most) return [];
  return [`found ${found} frames with the scans before it, expected at most ${most}; see limits.frames of the server`];
}

function excessBytes(blocks: readonly BlockNeed[], p: Sized, { run_bytes: most }: RunLimits): string[] {
  if (most === null) return [];
  // checkSupported() has refused the engines that are not built.
  const waves = Object.values(p.engines).map(({ name }) => findEngine(name as SupportedParams["name"]).waves);
  const need = { precision: p.data_type, blocks, probeElements: 0, objectElements: 0, waves: Math.max(0, ...waves) };
  const { frameBytes } = planMemory(need, BOUNDLESS);
  if (frameBytes <= most) return [];
  const expected = `expected at most ${
    gigabytes(most)
  }; crop or rebin the frames, use fewer modes, or see limits.run_bytes`;
  return [`found ${gigabytes(frameBytes)} of frames and waves with the scans before it, ${expected} of the server`];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toPrecision(3)} GB`;
}

function modesOf(scan: ScanParams): number {
  if (!("coherence" in scan)) return 1;
  const { energies, num_probe_modes, num_object_modes } = scan.coherence;
  return energies.length * num_probe_modes * num_object_modes;
}

/** What a simulated scan is asked to be; null for a scan that is read, or one that says too little to be simulated. */
function declaredSize(data: LoaderParams | null): ScanSize | null {
  if (data === null || data.name === "PtydScan") return null;
  const { rebin } = data;
  const num_frames = data.name === "Bragg3dSimScan" ? bragg3dFrames(data) : data.num_frames;
  const shape = data.name === "SimScan" ? data.frame_size ?? data.shape : data.shape;
  if (num_frames === null || shape === null) return null;
  const side = (typeof shape === "number" ? shape : Math.min(...shape)) / (rebin ?? 1);
  return { frames: num_frames, shape: [side, side] };
}
