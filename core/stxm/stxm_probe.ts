/** A first probe from the mean diffraction pattern. */

import { complexArray, type NdArray } from "../../kernels/nd_array.ts";
import type { Geometry } from "../geometry.ts";
import { farField } from "../propagators/far_field.ts";
import { multiplyBy } from "../propagators/grid.ts";
import { createPropagator } from "../propagators/propagator.ts";

/**
 * The wave, complex (y, x), that comes from the root of a mean pattern without phases but, in the far field, the curvature of a
 * wave from the sample: its transform is the pattern's autocorrelation, so that it is as narrow as the pattern allows.
 *
 * @see PtyPy 0.4: core.illumination, model "stxm"
 */
export function stxmProbe(mean: Float64Array, geometry: Geometry): NdArray {
  const wave = Float64Array.from({ length: 2 * mean.length }, (_, i) => i % 2 === 0 ? Math.sqrt(mean[i / 2]!) : 0);
  if (geometry.propagation === "farfield") multiplyBy(wave, farField(geometry).postCurve, { conjugate: false });
  return complexArray(createPropagator(geometry).backward(wave), geometry.shape);
}
