/** The Fourier error of a frame, and whether the frame already lies within its power bound. */

import { defineFrameKernel } from "../kernel.ts";

/**
 * Computes `amplitude = sqrt(sum_m |wave|^2)` and the deviation `E = sum(mask (amplitude - sqrt|diffraction|)^2) / sum(mask)`.
 * Changes `amplitude`, `deviation` = (within, E) and `errors[0]`.
 *
 * wave         (mode, y, x)  complex, at the detector
 * diffraction  (y, x)        photons
 * mask         (y, x)        1 = valid
 * amplitude    (y, x)        sqrt(photons)
 * deviation    (2)           within = 1 if there is a bound and E is not above it, and E
 * errors       (3)           errors[0] = E, divided by the bound if there is one
 *
 * powerBound is in photons per pixel; `bounded` = 0 means that there is none. A frame without valid pixels has E = 0.
 *
 * @see Giewekemeyer et al., PNAS 107 (2010) 529, 10.1073/pnas.0905846107, supplement: power bound
 * @see PtyPy 0.4: basic_fourier_update (0.9 differs: E is not divided by the bound)
 */
export const fourierError = defineFrameKernel({
  name: "fourier_error",
  bindings: {
    wave: "frame:wide_complex:read",
    diffraction: "frame:real:read",
    mask: "frame:byte:read",
    amplitude: "frame:wide:write",
    deviation: "frame:wide:write",
    errors: "frame:wide:update",
  },
  params: { powerBound: "real", bounded: "flag" },
  cpu({ wave, diffraction, mask, amplitude, deviation, errors }, { powerBound, bounded }, { modes, rows, cols }) {
    const points = rows * cols;
    let sum = 0;
    let valid = 0;
    for (let i = 0; i < points; i++) {
      let intensity = wave[2 * i]! * wave[2 * i]! + wave[2 * i + 1]! * wave[2 * i + 1]!;
      for (let w = 2 * (i + points); w < 2 * modes * points; w += 2 * points) {
        intensity += wave[w]! * wave[w]! + wave[w + 1]! * wave[w + 1]!;
      }
      const modulus = Math.sqrt(intensity);
      amplitude[i] = modulus;
      if (mask[i] === 0) continue;
      const difference = modulus - Math.sqrt(Math.abs(diffraction[i]!));
      sum += difference * difference;
      valid++;
    }
    const error = valid === 0 ? 0 : sum / valid;
    deviation[0] = bounded === 1 && error <= powerBound ? 1 : 0;
    deviation[1] = error;
    errors[0] = bounded === 1 ? error / powerBound : error;
  },
});
