/** The exit wave after the Fourier projection of the difference map. */

import { defineFrameKernel } from "../kernel.ts";

/**
 * Moves the exit wave by the difference of the two projections, `exitWave += wave - model`, or, where the frame already lay within its
 * power bound, by `alpha * (model - exitWave)`. Changes `exitWave`, `wave` to the new exit wave, and `errors[2]` to the sum over modes
 * of the mean squared modulus of the change, which propagation does not alter.
 *
 * exitWave  (mode, y, x)  complex, at the detector
 * wave      (mode, y, x)  complex, auxiliary wave after the projection
 * model     (mode, y, x)  complex, propagated probe times object
 * within    (1)           1 where the frame lay within its bound
 * errors    (3)
 *
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011, eq. 9
 * @see PtyPy 0.4: basic_fourier_update (0.9 differs: 1 instead of alpha within the bound)
 */
export const buildExit = defineFrameKernel({
  name: "build_exit",
  bindings: {
    exitWave: "frame:complex:update",
    wave: "frame:wide_complex:update",
    model: "frame:wide_complex:read",
    within: "frame:wide:read",
    errors: "frame:wide:update",
  },
  params: { alpha: "real" },
  cpu({ exitWave, wave, model, within, errors }, { alpha }, { rows, cols }) {
    const matched = within[0] === 1;
    let sum = 0;
    for (let i = 0; i < wave.length; i++) {
      const old = exitWave[i]!;
      const change = matched ? alpha * (model[i]! - old) : wave[i]! - model[i]!;
      wave[i] = old + change;
      exitWave[i] = wave[i]!;
      sum += change * change;
    }
    errors[2] = sum / (rows * cols);
  },
});
