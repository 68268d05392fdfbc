/** What separates two reconstructions of the same thing, and how to remove it. */

import { addRamp, type ComplexPlane } from "./complex_plane.ts";
import { shifted } from "./interpolate.ts";

/** What separates two pictures: `a(r)` is like `scale * exp(2 pi i ramp . (r - centre)) * b(r - shift)`. */
export interface Alignment {
  /** (y, x) in pixels. */
  readonly shift: readonly [number, number];
  /** (y, x) in cycles per pixel. */
  readonly ramp: readonly [number, number];
  /** Pixel of `a` (y, x) where the ramp is zero. */
  readonly centre: readonly [number, number];
  /** Complex factor (re, im). */
  readonly scale: readonly [number, number];
}

/** Moves `b` onto a grid of the given shape: the picture with the ambiguities removed, and 1 where `b` covers it. */
export function applyAlignment(
  b: ComplexPlane,
  by: Alignment,
  shape: { rows: number; cols: number },
): { plane: ComplexPlane; inside: Uint8Array } {
  const moved = shifted(b, by.shift, shape);
  const ramped = addRamp({ ...shape, data: moved.value }, by.ramp, by.centre);
  return { plane: scaled(ramped, by.scale), inside: moved.inside };
}

/** Multiplies a picture by a complex factor (re, im). */
export function scaled(plane: ComplexPlane, factor: readonly [number, number]): ComplexPlane {
  const [re, im] = factor;
  const data = new Float64Array(plane.data.length);
  for (let i = 0; i < data.length; i += 2) {
    data[i] = re * plane.data[i]! - im * plane.data[i + 1]!;
    data[i + 1] = re * plane.data[i + 1]! + im * plane.data[i]!;
  }
  return { ...plane, data };
}

/** The complex factor that brings `b` closest to `a` over the pixels of a mask: `<b, a> / <b, b>`; 0 if `b` is zero there. */
export function bestScale(a: ComplexPlane, b: ComplexPlane, mask: Uint8Array): [number, number] {
  let re = 0, im = 0, power = 0;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const ar = a.data[2 * i]!, ai = a.data[2 * i + 1]!, br = b.data[2 * i]!, bi = b.data[2 * i + 1]!;
    re += ar * br + ai * bi;
    im += ai * br - ar * bi;
    power += br * br + bi * bi;
  }
  return power > 0 ? [re / power, im / power] : [0, 0];
}
