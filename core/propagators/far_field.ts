/** Fraunhofer propagation with its Fresnel phases, as factors before and after one Fourier transform. */

import type { Geometry } from "../geometry.ts";
import { resolveCenter } from "../preparation/center.ts";
import { roundHalfEven } from "../preparation/crop_pad.ts";
import { axisGrid, phaseFactor } from "./grid.ts";

/** Factors of a far-field propagator on its (padded) grid, each complex (y, x). */
export interface FarField {
  /** Pixels added to the frame in all, (y, x), half of them on either side; negative cuts, 0 is the usual case. */
  readonly padding: readonly [number, number];
  readonly rows: number;
  readonly cols: number;
  readonly pre: Float64Array;
  readonly post: Float64Array;
  /** The quadratic phase on the detector alone, part of `post`. */
  readonly postCurve: Float64Array;
}

/**
 * Factors with `fw(w) = post * fft2(pre * w) / sqrt(y * x)` and its adjoint, so that a wave on the sample grid (X, Y) around
 * `origin` arrives on the detector grid (V, W) around `center`:
 *
 * pre  = exp(i pi (X^2 + Y^2) / (lam z)) exp(-2 pi i ((X - X00) V00 + (Y - Y00) W00) / (lam z))
 * post = exp(i pi (V^2 + W^2) / (lam z)) exp(-2 pi i (X00 V + Y00 W) / (lam z))
 *
 * where 00 marks pixel (0, 0). A geometry with a misfit is padded to the nearest even number of pixels and lam z rescaled to
 * the padded grid.
 *
 * @see Goodman, Introduction to Fourier Optics, 3rd ed. (2005), eq. 4-17
 * @see PtyPy 0.4: core.geometry.BasicFarfieldPropagator
 */
export function farField(geometry: Geometry): FarField {
  const padding = [evenPart(geometry.misfit[0]), evenPart(geometry.misfit[1])] as const;
  const center = resolveCenter(geometry.center, geometry.shape);
  const origin = resolveCenter(geometry.origin, geometry.shape);
  const [y, x] = ([0, 1] as const).map((axis) => axisPhases(geometry, axis, { padding, center, origin }));
  return {
    padding,
    rows: y!.pre.length,
    cols: x!.pre.length,
    pre: phaseFactor(y!.pre, x!.pre),
    post: phaseFactor(y!.post, x!.post),
    postCurve: phaseFactor(y!.postCurve, x!.postCurve),
  };
}

/** Phases of one axis; both factors are products of one per axis. */
function axisPhases(
  { shape, misfit, lam, distance, psize, resolution }: Geometry,
  axis: 0 | 1,
  { padding, center, origin }: Record<"padding" | "center" | "origin", readonly [number, number]>,
): Record<"pre" | "post" | "postCurve", Float64Array> {
  const count = shape[axis] + padding[axis];
  const lz = lam * distance * count / (count + misfit[axis] - padding[axis]);
  const x = axisGrid(count, { origin: origin[axis] + padding[axis] / 2, pixel: resolution[axis] });
  const v = axisGrid(count, { origin: center[axis] + padding[axis] / 2, pixel: psize[axis] });
  const postCurve = v.map((a) => Math.PI * a * a / lz);
  return {
    pre: x.map((a) => Math.PI * a * a / lz - 2 * Math.PI * (a - x[0]!) * v[0]! / lz),
    post: v.map((a, i) => postCurve[i]! - 2 * Math.PI * x[0]! * a / lz),
    postCurve,
  };
}

function evenPart(misfit: number): number {
  return 2 * roundHalfEven(misfit / 2);
}
