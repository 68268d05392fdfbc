/** Maximum likelihood refinement by conjugate gradients. */

import type { MlParams } from "../parameters/engine/ml.ts";
import { UnsupportedError } from "../errors.ts";
import { defineEngine } from "./engine.ts";
import { openLikelihood } from "./likelihood.ts";
import { openConjugateGradient } from "./conjugate_gradient.ts";

/**
 * Conjugate gradient descent of a Gaussian or Poisson likelihood in object and probe.
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004
 * @see PtyPy 0.4: engines.ML, which does not move positions either
 */
export const ml = defineEngine<MlParams>({
  name: "ML",
  citation: "Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004",
  errorsPer: "frame",
  waves: 1,
  usesExitWaves: false,
  start(context, p) {
    if (p.ML_type === "euclid") {
      throw new UnsupportedError(
        `Cannot run ML: found ML_type "euclid", expected "gaussian" or "poisson"; PtyPy 0.4 has no Euclidean model either`,
        { path: "ML_type", value: p.ML_type },
      );
    }
    const likelihood = openLikelihood(context, { ...p, ML_type: p.ML_type });
    return openConjugateGradient(context, { p, likelihood });
  },
});
