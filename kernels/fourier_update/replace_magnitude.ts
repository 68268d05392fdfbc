/** The plain Fourier projection of a single wave. */

import { defineFrameKernel } from "../kernel.ts";

/**
 * Gives a pod's wave the measured magnitude at valid pixels and keeps its phase; a wave of 0 gets phase 0. Changes `wave` and `errors`
 * to (`sum(mask (|wave| - sqrt|diffraction|)^2) / sum(mask)`, 0, -) with the wave as it came; a frame without valid pixels has error 0.
 *
 * wave         (y, x)  complex, one pod at the detector
 * diffraction  (y, x)  photons
 * mask         (y, x)  1 = valid
 * errors       (3)
 *
 * @see Maiden and Rodenburg, Ultramicroscopy 109 (2009) 1256, 10.1016/j.ultramic.2009.05.012, eq. 4
 */
export const replaceMagnitude = defineFrameKernel({
  name: "replace_magnitude",
  bindings: {
    wave: "frame:wide_complex:update",
    diffraction: "frame:real:read",
    mask: "frame:byte:read",
    errors: "frame:wide:update",
  },
  params: {},
  cpu({ wave, diffraction, mask, errors }, _, { rows, cols }) {
    let sum = 0;
    let valid = 0;
    for (let i = 0; i < rows * cols; i++) {
      if (mask[i] === 0) continue;
      const re = wave[2 * i]!;
      const im = wave[2 * i + 1]!;
      const modulus = Math.sqrt(re * re + im * im);
      const magnitude = Math.sqrt(Math.abs(diffraction[i]!));
      sum += (modulus - magnitude) ** 2;
      valid++;
      wave[2 * i] = modulus === 0 ? magnitude : magnitude * (re / modulus);
      wave[2 * i + 1] = modulus === 0 ? 0 : magnitude * (im / modulus);
    }
    errors[0] = valid === 0 ? 0 : sum / valid;
    errors[1] = 0;
  },
});
