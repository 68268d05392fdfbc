/** Likelihoods and their derivatives with respect to the model's intensity. */

import { defineFrameKernel } from "../kernel.ts";
import { logGamma } from "./log_gamma.ts";

const BINDINGS = {
  residual: "frame:wide:update",
  diffraction: "frame:real:read",
  mask: "frame:byte:read",
  errors: "frame:wide:write",
} as const;

/**
 * Gaussian likelihood with weights `w = R mask / (1 / R + diffraction)`, R = renormalization: `sum(w (intensity - diffraction)^2)` per
 * pixel in `errors[1]`, and `residual = w (intensity - diffraction)` in place of the intensity: half the derivative by the intensity, as
 * the prior has half its gradient. Changes `residual` and `errors`.
 *
 * residual     (y, x)  in: photons of the model
 * diffraction  (y, x)  photons
 * mask         (y, x)  1 = valid
 * errors       (3)
 *
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, eq. 8
 */
export const gaussianResidual = defineFrameKernel({
  name: "gaussian_residual",
  bindings: BINDINGS,
  params: { renormalization: "real" },
  cpu({ residual, diffraction, mask, errors }, { renormalization }) {
    let sum = 0;
    for (let i = 0; i < residual.length; i++) {
      const measured = diffraction[i]!;
      const weight = renormalization * mask[i]! / (1 / renormalization + measured);
      const difference = residual[i]! - measured;
      const weighted = weight * difference;
      sum += weighted * difference;
      residual[i] = weighted;
    }
    errors.set([0, sum / residual.length, 0]);
  },
});

/**
 * Poisson likelihood of the model's intensity plus 1e-6: `base + sum(mask (intensity - diffraction log(intensity)))` per pixel in
 * `errors[1]`, and `residual = mask (1 - diffraction / intensity)` in place of the intensity. Changes `residual` and `errors`.
 *
 * residual     (y, x)  in: photons of the model
 * diffraction  (y, x)  photons
 * mask         (y, x)  1 = valid
 * base         (1)     from log_factorials
 * errors       (3)
 *
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, eq. 5
 */
export const poissonResidual = defineFrameKernel({
  name: "poisson_residual",
  bindings: { ...BINDINGS, base: "frame:wide:read" },
  params: {},
  cpu({ residual, diffraction, mask, errors, base }) {
    let sum = 0;
    for (let i = 0; i < residual.length; i++) {
      const measured = diffraction[i]!;
      const intensity = residual[i]! + 1e-6;
      if (mask[i] !== 0) sum += intensity - measured * Math.log(intensity);
      residual[i] = mask[i]! * (1 - measured / intensity);
    }
    errors.set([0, (base[0]! + sum) / residual.length, 0]);
  },
});

/**
 * The part of the Poisson likelihood that does not depend on the model: `sum(log gamma(diffraction + 1))` over all pixels, masked ones
 * too. Changes `base`.
 *
 * diffraction  (y, x)  photons
 * base         (1)
 */
export const logFactorials = defineFrameKernel({
  name: "log_factorials",
  bindings: { base: "frame:wide:write", diffraction: "frame:real:read" },
  params: {},
  cpu({ base, diffraction }) {
    let sum = 0;
    for (let i = 0; i < diffraction.length; i++) sum += logGamma(diffraction[i]! + 1);
    base[0] = sum;
  },
});

/**
 * `wave *= residual` for every mode. Changes `wave`.
 *
 * wave      (mode, y, x)  complex, at the detector
 * residual  (y, x)
 */
export const scaleWave = defineFrameKernel({
  name: "scale_wave",
  bindings: { wave: "frame:wide_complex:update", residual: "frame:wide:read" },
  params: {},
  cpu({ wave, residual }, _, { modes, rows, cols }) {
    for (let m = 0, w = 0; m < modes; m++) {
      for (let i = 0; i < rows * cols; i++, w += 2) {
        wave[w] = wave[w]! * residual[i]!;
        wave[w + 1] = wave[w + 1]! * residual[i]!;
      }
    }
  },
});
