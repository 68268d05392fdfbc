/** The Fourier projection: measured magnitudes replace those of the wave, within the power bound. */

import { defineFrameKernel } from "../kernel.ts";

/**
 * Scales every mode by `(magnitude + (amplitude - magnitude) * sqrt(powerBound / E)) / (amplitude + 1e-10)` at valid pixels, where
 * magnitude = sqrt|diffraction|; without a bound the second term is absent. Frames within their bound stay as they are.
 * Changes `wave`.
 *
 * wave         (mode, y, x)  complex, at the detector
 * amplitude    (y, x)        sqrt(sum_m |wave|^2)
 * diffraction  (y, x)        photons
 * mask         (y, x)        1 = valid
 * deviation    (2)           within and E, from fourier_error
 *
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011, eq. 4
 * @see Thibault and Menzel, Nature 494 (2013) 68, 10.1038/nature11806, eq. 2 (modes)
 * @see PtyPy 0.9: FourierUpdateKernel.fmag_all_update
 */
export const fmagUpdate = defineFrameKernel({
  name: "fmag_update",
  bindings: {
    wave: "frame:wide_complex:update",
    amplitude: "frame:wide:read",
    diffraction: "frame:real:read",
    mask: "frame:byte:read",
    deviation: "frame:wide:read",
  },
  params: { powerBound: "real", bounded: "flag" },
  cpu({ wave, amplitude, diffraction, mask, deviation }, { powerBound, bounded }, { modes, rows, cols }) {
    if (deviation[0] === 1) return;
    const points = rows * cols;
    const rest = bounded === 1 ? Math.sqrt(powerBound / deviation[1]!) : 0;
    for (let i = 0; i < points; i++) {
      if (mask[i] === 0) continue;
      const magnitude = Math.sqrt(Math.abs(diffraction[i]!));
      const factor = (magnitude + (amplitude[i]! - magnitude) * rest) / (amplitude[i]! + 1e-10);
      wave[2 * i] = wave[2 * i]! * factor;
      wave[2 * i + 1] = wave[2 * i + 1]! * factor;
      for (let w = 2 * (i + points); w < 2 * modes * points; w += 2 * points) {
        wave[w] = wave[w]! * factor;
        wave[w + 1] = wave[w + 1]! * factor;
      }
    }
  },
});
