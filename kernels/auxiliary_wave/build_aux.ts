/** The auxiliary wave of the difference map: what enters the Fourier projection. */

import { defineFrameKernel } from "../kernel.ts";

/**
 * `wave = (1 + alpha) * model - alpha * exitWave` for every pod. Changes `wave`.
 *
 * wave      (mode, y, x)  complex, at the detector
 * model     (mode, y, x)  complex, propagated probe times object
 * exitWave  (mode, y, x)  complex, propagated exit wave
 *
 * Propagation is linear, so that this is the propagated auxiliary wave of the original method.
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011, eq. 9
 */
export const buildAux = defineFrameKernel({
  name: "build_aux",
  bindings: { wave: "frame:wide_complex:write", model: "frame:wide_complex:read", exitWave: "frame:complex:read" },
  params: { alpha: "real" },
  cpu({ wave, model, exitWave }, { alpha }) {
    const beta = 1 + alpha;
    for (let i = 0; i < wave.length; i++) wave[i] = beta * model[i]! - alpha * exitWave[i]!;
  },
});
