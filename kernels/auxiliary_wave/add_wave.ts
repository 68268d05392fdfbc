/** Sums and differences of the waves of a frame. */

import { defineFrameKernel } from "../kernel.ts";
import frameModule from "../shared/frame.wgsl" with { type: "text" };
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import addWaveText from "./add_wave.wgsl" with { type: "text" };

/**
 * `wave = wave + weight * model`. Changes `wave`; both (mode, y, x) complex.
 *
 * Where a propagator loses waves on the way, only what a projection changed is brought back from the detector and added to the model:
 * `model + bw(projected - fw(model))`, which is `bw(projected)` for a propagator that loses nothing.
 */
export const addWave = defineFrameKernel({
  name: "add_wave",
  wgsl: {
    code: [gridModule, frameModule, addWaveText],
    over: "waves",
  },
  bindings: { wave: "frame:wide_complex:update", model: "frame:wide_complex:read" },
  params: { weight: "real" },
  cpu({ wave, model }, { weight }) {
    for (let i = 0; i < wave.length; i++) wave[i]! += weight * model[i]!;
  },
});
