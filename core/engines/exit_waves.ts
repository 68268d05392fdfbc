/** The exit waves of all blocks: part of the state from the first engine that keeps them. */

import { makeModel } from "../../kernels/auxiliary_wave/make_model.ts";
import { fetchWave, storeWave } from "../../kernels/auxiliary_wave/store_wave.ts";
import type { Resident, ResidentBlock } from "../../kernels/device.ts";
import { type Buffer, frameCall, framePass } from "../../kernels/pass.ts";
import { propagateForward } from "../../kernels/propagation/propagate.ts";

/** Name of a block's exit waves in the state. */
export function exitWaveName(ID: string): string {
  return `exitWave/${ID}`;
}

/** Exit waves of every block, continued from the state or begun as probe times object. */
export function openExitWaves(resident: Resident): Buffer<"complex">[] {
  return resident.blocks.map((block) => openExitWave(resident, block));
}

function openExitWave(resident: Resident, { block, index, address }: ResidentBlock): Buffer<"complex"> {
  const name = exitWaveName(block.ID);
  const { rows, cols, frames, modes } = block;
  const fresh = !resident.has(name);
  const exitWave = resident.alloc(name, {
    element: "complex",
    count: rows * cols,
    extent: "block",
    perMode: true,
    block: index,
    shape: [frames * modes, rows, cols],
  });
  if (fresh) {
    const { probe, object } = resident;
    const wave = scratchWave(resident, index);
    resident.run(framePass("begin_exit_waves", {
      block: index,
      calls: [
        frameCall(makeModel, { wave, probe, object, address }, {}),
        frameCall(storeWave, { stored: exitWave, wave }, {}),
      ],
    }));
    resident.free(wave);
  }
  return exitWave;
}

/**
 * The exit waves at the detector, kept by engines that project there: part of the state while such an engine runs. Begun by
 * propagating the exit waves.
 */
export function openExitSpectra(resident: Resident, exitWaves: readonly Buffer<"complex">[]): Buffer<"complex">[] {
  return resident.blocks.map(({ block: { ID, rows, cols, frames, modes }, index, address }) => {
    const name = `exitSpectrum/${ID}`;
    const fresh = !resident.has(name);
    const layout = { element: "complex", count: rows * cols, extent: "block", perMode: true, block: index } as const;
    const spectrum = resident.alloc(name, { ...layout, shape: [frames * modes, rows, cols] });
    if (fresh) {
      const wave = scratchWave(resident, index);
      resident.run(framePass("begin_exit_spectra", {
        block: index,
        calls: [
          frameCall(fetchWave, { wave, stored: exitWaves[index]! }, {}),
          frameCall(propagateForward, { wave, address }, {}),
          frameCall(storeWave, { stored: spectrum, wave }, {}),
        ],
      }));
      resident.free(wave);
    }
    return spectrum;
  });
}

/** Scratch for the waves of a frame, (mode, y, x) complex. */
export function scratchWave(resident: Resident, index: number, name = "wave"): Buffer<"wide_complex"> {
  const { rows, cols } = resident.blocks[index]!.block;
  return resident.alloc(name, {
    element: "wide_complex",
    count: rows * cols,
    extent: "scratch",
    perMode: true,
    block: index,
  });
}

/** Scratch for `count` numbers of a frame, one per pixel if left out. */
export function scratchImage(resident: Resident, index: number, count?: number): Buffer<"wide"> {
  const { rows, cols } = resident.blocks[index]!.block;
  return resident.alloc("image", { element: "wide", count: count ?? rows * cols, extent: "scratch", block: index });
}
