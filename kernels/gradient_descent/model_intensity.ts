/** The model's intensity at the detector, and its best overall factor. */

import { defineFrameKernel } from "../kernel.ts";

/**
 * `intensity = sum_m |wave|^2`. Changes `intensity`.
 *
 * wave       (mode, y, x)  complex, at the detector
 * intensity  (y, x)        photons
 */
export const modelIntensity = defineFrameKernel({
  name: "model_intensity",
  bindings: { intensity: "frame:wide:write", wave: "frame:wide_complex:read" },
  params: {},
  cpu({ intensity, wave }, _, { modes, rows, cols }) {
    const points = rows * cols;
    for (let i = 0; i < points; i++) {
      let sum = 0;
      for (let w = 2 * i; w < 2 * modes * points; w += 2 * points) {
        sum += wave[w]! * wave[w]! + wave[w + 1]! * wave[w + 1]!;
      }
      intensity[i] = sum;
    }
  },
});

/**
 * The factor on the model's intensity that fits a frame best: for the Gaussian likelihood
 * `sum(w intensity diffraction) / sum(w intensity^2)` with w as in gaussian_residual, for the Poisson likelihood
 * `sum(diffraction) / sum(intensity)`. Changes `coefficient` and multiplies `intensity` by it.
 *
 * intensity    (y, x)  photons of the model
 * diffraction  (y, x)  photons
 * mask         (y, x)  1 = valid
 * coefficient  (1)
 *
 * @see PtyPy 0.9: GradientDescentKernel.floating_intensity
 */
export const floatingIntensity = defineFrameKernel({
  name: "floating_intensity",
  bindings: {
    intensity: "frame:wide:update",
    diffraction: "frame:real:read",
    mask: "frame:byte:read",
    coefficient: "frame:wide:write",
  },
  params: { poisson: "flag", renormalization: "real" },
  cpu({ intensity, diffraction, mask, coefficient }, { poisson, renormalization }) {
    let above = 0;
    let below = 0;
    for (let i = 0; i < intensity.length; i++) {
      const measured = diffraction[i]!;
      const weight = poisson === 1 ? 1 : renormalization * mask[i]! / (1 / renormalization + measured);
      above += poisson === 1 ? measured : weight * intensity[i]! * measured;
      below += poisson === 1 ? intensity[i]! : weight * intensity[i]! * intensity[i]!;
    }
    // A dark model fits no better with any factor.
    const factor = below > 0 ? above / below : 1;
    coefficient[0] = factor;
    for (let i = 0; i < intensity.length; i++) intensity[i] = intensity[i]! * factor;
  },
});
