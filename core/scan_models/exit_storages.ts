/** Exit waves of a state as a `.ptyr` file has them: a storage for every scan and energy. */

import { type ArraySource, type LoadedArray, sourceOf } from "../../kernels/state_arrays.ts";
import type { ModelLayout } from "./model.ts";

/**
 * Exit waves by the ID of their storage, which begins with that of the diffraction storage. Scans that the state has none of are left out.
 *
 * waves  by their names in the state, (frame * mode, y, x), complex; the modes of a frame energy by energy
 */
export function exitStorageWaves(
  { scans, diff, exit }: Pick<ModelLayout, "scans" | "diff" | "exit">,
  waves: Readonly<Record<string, LoadedArray>>,
): Record<string, LoadedArray> {
  const found: Record<string, LoadedArray> = {};
  let storage = 0;
  for (const [scan, { energies, probeModes, objectModes }] of scans.entries()) {
    const wave = waves[`exitWave/${diff.storages[scan]!.ID}`];
    const modes = probeModes * objectModes;
    for (let energy = 0; energy < energies.length; energy++, storage++) {
      if (wave === undefined) continue;
      const { ID } = exit.storages[storage]!;
      found[ID] = energies.length === 1 ? wave : wavesOfEnergy(wave, { energy, energies: energies.length, modes });
    }
  }
  return found;
}

/** The waves of one energy, read from those of all where they are wanted. */
function wavesOfEnergy(
  waves: LoadedArray,
  { energy, energies, modes }: Readonly<Record<"energy" | "energies" | "modes", number>>,
): ArraySource {
  const source = sourceOf(waves);
  const [layers, rows, cols] = waves.shape as [number, number, number];
  // What lies together: the modes of one energy and frame.
  const run = 2 * modes * rows * cols;
  return {
    dtype: waves.dtype,
    shape: [layers / energies, rows, cols],
    length: source.length / energies,
    readInto(first, into) {
      for (let at = 0; at < into.length;) {
        const [frame, offset] = [Math.floor((first + at) / run), (first + at) % run];
        const count = Math.min(run - offset, into.length - at);
        source.readInto((frame * energies + energy) * run + offset, into.subarray(at, at + count));
        at += count;
      }
    },
  };
}
