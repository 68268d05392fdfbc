/** What layers of several photon energies have in common. */

import { defineKernel } from "../kernel.ts";
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import coupleEnergiesText from "./couple_energies.wgsl" with { type: "text" };

/**
 * Replaces every pixel of some layers by a mixture of the same pixel of all of them: `layer[i] = sum over j of matrix[i, j] layer[j]`.
 * With a projection as the matrix the layers become what fits best among those that, for example, change linearly with the energy.
 * Changes `array`.
 *
 * array   complex probe or object; the layers are `stride` elements each, one after the other from `start`
 * matrix  (energy, energy), real; at most 32 energies
 */
export const coupleEnergies = defineKernel({
  name: "couple_energies",
  wgsl: {
    code: [gridModule, coupleEnergiesText],
    over: "each array",
  },
  bindings: { array: "whole:complex:update", matrix: "whole:wide:read" },
  params: { start: "int", stride: "int", energies: "int" },
  cpu({ array, matrix }, { start, stride, energies }) {
    const old = new Float64Array(energies);
    for (let at = 2 * start; at < 2 * (start + stride); at++) {
      for (let j = 0; j < energies; j++) old[j] = array[at + 2 * j * stride]!;
      for (let i = 0; i < energies; i++) {
        let sum = 0;
        for (let j = 0; j < energies; j++) sum += matrix[i * energies + j]! * old[j]!;
        array[at + 2 * i * stride] = sum;
      }
    }
  },
});
