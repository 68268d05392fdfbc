/** Refinement of scan positions by random trial shifts of shrinking length. */

import { makeModel } from "../../kernels/auxiliary_wave/make_model.ts";
import {
  acceptTrial,
  judgeTrial,
  OBJECT_TABLE_COLUMNS,
  placeTrial,
} from "../../kernels/position_correction/trial_shift.ts";
import { type Buffer, frameCall, framePass } from "../../kernels/pass.ts";
import { propagateForward } from "../../kernels/propagation/propagate.ts";
import { ADDRESS, type Data, type StorageSpec } from "../../kernels/reconstruction.ts";
import type { PositionRefinementParams } from "../parameters/engine/position_refinement.ts";
import type { Random } from "../random.ts";
import type { EngineContext, Iterate } from "./engine.ts";
import { scratchImage, scratchWave } from "./exit_waves.ts";

/** What position refinement reads of an engine's parameters. */
export interface RefiningParams {
  readonly numiter: number;
  readonly position_refinement: PositionRefinementParams;
}

/** Whether positions are refined at all: when a start or a stop is given. */
function refinesPositions({ position_refinement: { start, stop } }: RefiningParams): boolean {
  return start !== null || stop !== null;
}

/**
 * Returns what moves the frames of an iteration to better positions; it does nothing where no refinement is asked for.
 *
 * Every frame tries `nshifts` shifts `((-1)^i a, (-1)^(i >> 1) b)` with a and b uniform between the pixel size and a length that falls
 * linearly from `amplitude` to 0, and keeps the one that fits the measured magnitudes best. Shifts longer than `max_shift` and views
 * that would leave the object array are not tried. Numbers are drawn frame by frame, shift by shift, two each.
 *
 * @see Maiden et al., Ultramicroscopy 120 (2012) 64, 10.1016/j.ultramic.2012.06.001
 * @see PtyPy 0.4: utils.AnnealingRefine (0.9: AnnealingRefine with metric "fourier")
 */
export function openPositionRefinement({ resident, random, statistics }: EngineContext, p: RefiningParams): Iterate {
  if (!refinesPositions(p)) return () => {};
  const { interval, nshifts, amplitude, max_shift } = p.position_refinement;
  const start = p.position_refinement.start ?? 0;
  const stop = p.position_refinement.stop ?? p.numiter;
  const { probe, object, positions, data } = resident;
  const trials = resident.alloc("trials", { element: "wide", count: 2 * nshifts, extent: "frames" });
  const objects = resident.alloc("objects", { element: "wide", count: OBJECT_TABLE_COLUMNS * data.objects.length });
  const scratch = resident.blocks.map(({ index }) => ({
    wave: scratchWave(resident, index),
    outcome: scratchImage(resident, index, 3),
    moved: scratchAddress(resident, index),
  }));
  resident.write(objects, objectTable(data.objects));
  for (const block of resident.blocks) resident.keepAddress(block);
  const shortest = largestPixel(data);

  function refineBlock(index: number): void {
    const { address, diffraction, mask } = resident.blocks[index]!;
    const { wave, outcome, moved } = scratch[index]!;
    const attempts = Array.from({ length: nshifts + 1 }, (_, trial) => [
      frameCall(placeTrial, { moved, address, position: positions, trials, objects, outcome }, { trial }),
      frameCall(makeModel, { wave, probe, object, address: moved }, {}),
      frameCall(propagateForward, { wave, address }, {}),
      frameCall(judgeTrial, { wave, diffraction, mask, outcome }, { trial }),
    ]);
    const calls = [
      ...attempts.flat(),
      frameCall(acceptTrial, { address, position: positions, trials, objects, outcome }, {}),
    ];
    resident.run(framePass("refine_positions", { block: index, calls }));
  }

  return (iteration) => {
    if (iteration < start || iteration >= stop || iteration % interval !== 0) return;
    const longest = amplitude * (stop - iteration) / (stop - start);
    if (shortest >= longest) return;
    resident.write(trials, drawTrials(random, { frames: statistics.frames, nshifts, shortest, longest, max_shift }));
    for (const { index } of resident.blocks) refineBlock(index);
  };
}

/** Largest pixel side of all object storages, metres. */
function largestPixel(data: Data): number {
  return Math.max(...data.objects.flatMap(({ psize }) => psize));
}

function scratchAddress(resident: EngineContext["resident"], block: number): Buffer<"int"> {
  const layout = { element: "int", count: ADDRESS.columns, extent: "scratch", perMode: true, block } as const;
  return resident.alloc("trial address", layout);
}

function objectTable(objects: readonly StorageSpec[]): Float64Array {
  return Float64Array.from(objects.flatMap(({ origin, psize, rows, cols }) => [...origin, ...psize, rows, cols]));
}

interface Draws {
  readonly frames: number;
  readonly nshifts: number;
  readonly shortest: number;
  readonly longest: number;
  readonly max_shift: number;
}

/** Trial shifts (frame, trial, 2) in metres; those that are too long are not a number. */
function drawTrials(random: Random, { frames, nshifts, shortest, longest, max_shift }: Draws): Float64Array {
  const trials = new Float64Array(2 * frames * nshifts);
  for (let frame = 0; frame < frames; frame++) {
    for (let i = 0; i < nshifts; i++) {
      const a = random.uniform(shortest, longest);
      const b = random.uniform(shortest, longest);
      const allowed = Math.hypot(a, b) <= max_shift;
      const at = 2 * (frame * nshifts + i);
      trials[at] = allowed ? (i % 2 === 0 ? a : -a) : NaN;
      trials[at + 1] = allowed ? ((i >> 1) % 2 === 0 ? b : -b) : NaN;
    }
  }
  return trials;
}
