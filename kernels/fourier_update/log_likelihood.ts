/** The photon error: how far the intensity of the model is from the measured one. */

import { defineFrameKernel } from "../kernel.ts";

/**
 * Sets `errors[1]` to `sum(mask * (sum_m |wave|^2 - diffraction)^2 / (diffraction + 1)) / pixels`. Changes `errors`.
 *
 * wave         (mode, y, x)  complex, model at the detector
 * diffraction  (y, x)        photons
 * mask         (y, x)        1 = valid
 * errors       (3)
 *
 * @see PtyPy 0.4: log_likelihood (0.9: FourierUpdateKernel.log_likelihood)
 */
export const logLikelihood = defineFrameKernel({
  name: "log_likelihood",
  bindings: {
    wave: "frame:wide_complex:read",
    diffraction: "frame:real:read",
    mask: "frame:byte:read",
    errors: "frame:wide:update",
  },
  params: {},
  cpu({ wave, diffraction, mask, errors }, _, { modes, rows, cols }) {
    const points = rows * cols;
    let sum = 0;
    for (let i = 0; i < points; i++) {
      if (mask[i] === 0) continue;
      let intensity = wave[2 * i]! * wave[2 * i]! + wave[2 * i + 1]! * wave[2 * i + 1]!;
      for (let w = 2 * (i + points); w < 2 * modes * points; w += 2 * points) {
        intensity += wave[w]! * wave[w]! + wave[w + 1]! * wave[w + 1]!;
      }
      const measured = diffraction[i]!;
      const difference = intensity - measured;
      sum += difference * difference / (measured + 1);
    }
    errors[1] = sum / points;
  },
});
