/** Coefficients of the likelihood along a search direction, to second order in the step. */

import { defineFrameKernel } from "../kernel.ts";

const BINDINGS = {
  sums: "frame:wide:write",
  model: "frame:complex:read",
  change: "frame:wide_complex:read",
  second: "frame:wide_complex:read",
  diffraction: "frame:real:read",
  mask: "frame:byte:read",
  coefficient: "frame:wide:read",
} as const;

/**
 * With the wave `f + t a + t^2 b` the intensity is `A0 + t A1 + t^2 A2 + ...`: A0 = sum_m |f|^2, A1 = 2 sum_m Re(f conj a),
 * A2 = sum_m 2 Re(f conj b) + |a|^2, all times the frame's coefficient. The Gaussian likelihood then has the coefficients
 * `B1 = sum(2 w (A0 - I) A1)` and `B2 = sum(w (A1^2 + 2 (A0 - I) A2))`, w as in gaussian_residual. Changes `sums` = (B1, B2).
 *
 * model, change, second  (mode, y, x)  complex f, a, b at the detector
 * diffraction            (y, x)        photons
 * mask                   (y, x)        1 = valid
 * coefficient            (1)
 *
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, section 2.3
 */
export const lineGaussian = defineFrameKernel({
  name: "line_gaussian",
  bindings: BINDINGS,
  params: { renormalization: "real" },
  cpu({ sums, model, change, second, diffraction, mask, coefficient }, { renormalization }, { modes, rows, cols }) {
    const points = rows * cols;
    const factor = coefficient[0]!;
    let first = 0;
    let square = 0;
    for (let i = 0; i < points; i++) {
      if (mask[i] === 0) continue;
      let a0 = 0;
      let a1 = 0;
      let a2 = 0;
      for (let w = 2 * i; w < 2 * modes * points; w += 2 * points) {
        const fr = model[w]!;
        const fi = model[w + 1]!;
        const ar = change[w]!;
        const ai = change[w + 1]!;
        a0 += fr * fr + fi * fi;
        a1 += 2 * (fr * ar + fi * ai);
        a2 += 2 * (fr * second[w]! + fi * second[w + 1]!) + (ar * ar + ai * ai);
      }
      const measured = diffraction[i]!;
      const weight = renormalization / (1 / renormalization + measured);
      const difference = factor * a0 - measured;
      first += weight * 2 * difference * factor * a1;
      square += weight * (factor * a1 * factor * a1 + 2 * difference * factor * a2);
    }
    sums[0] = first;
    sums[1] = square;
  },
});

/**
 * The same for the Poisson likelihood of A0 + 1e-6: `B1 = sum(mask A1 D)` and `B2 = sum(mask (A2 D + I (A1 / A0)^2 / 2))` with
 * `D = 1 - I / A0`. Changes `sums` = (B1, B2). Arrays as for line_gaussian.
 *
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, section 2.3
 */
export const linePoisson = defineFrameKernel({
  name: "line_poisson",
  bindings: BINDINGS,
  params: {},
  cpu({ sums, model, change, second, diffraction, mask, coefficient }, _, { modes, rows, cols }) {
    const points = rows * cols;
    const factor = coefficient[0]!;
    let first = 0;
    let square = 0;
    for (let i = 0; i < points; i++) {
      if (mask[i] === 0) continue;
      let a0 = 0;
      let a1 = 0;
      let a2 = 0;
      for (let w = 2 * i; w < 2 * modes * points; w += 2 * points) {
        const fr = model[w]!;
        const fi = model[w + 1]!;
        const ar = change[w]!;
        const ai = change[w + 1]!;
        a0 += fr * fr + fi * fi;
        a1 += 2 * (fr * ar + fi * ai);
        a2 += 2 * (fr * second[w]! + fi * second[w + 1]!) + (ar * ar + ai * ai);
      }
      const measured = diffraction[i]!;
      const intensity = factor * a0 + 1e-6;
      const slope = 1 - measured / intensity;
      first += factor * a1 * slope;
      square += factor * a2 * slope + 0.5 * measured * (factor * a1 / intensity) ** 2;
    }
    sums[0] = first;
    sums[1] = square;
  },
});
