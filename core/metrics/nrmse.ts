/** Differences of two pictures that lie on top of each other. */

import type { ComplexPlane } from "./complex_plane.ts";

/** `sqrt(sum |a - b|^2 / sum |a|^2)` over the pixels of a mask; NaN where `a` is zero. */
export function nrmse(a: ComplexPlane, b: ComplexPlane, mask: Uint8Array): number {
  let squares = 0, power = 0;
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const ar = a.data[2 * i]!, ai = a.data[2 * i + 1]!;
    squares += (ar - b.data[2 * i]!) ** 2 + (ai - b.data[2 * i + 1]!) ** 2;
    power += ar * ar + ai * ai;
  }
  return Math.sqrt(squares / power);
}

/**
 * Root mean square of the phase of `a conj(b)` in radians over the pixels of a mask, around its circular mean, each pixel
 * counting alike; differences are taken between -pi and pi. NaN for an empty mask.
 */
export function phaseRms(a: ComplexPlane, b: ComplexPlane, mask: Uint8Array): number {
  let meanRe = 0, meanIm = 0;
  const angles: number[] = [];
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const ar = a.data[2 * i]!, ai = a.data[2 * i + 1]!, br = b.data[2 * i]!, bi = b.data[2 * i + 1]!;
    const angle = Math.atan2(ai * br - ar * bi, ar * br + ai * bi);
    angles.push(angle);
    meanRe += Math.cos(angle);
    meanIm += Math.sin(angle);
  }
  const mean = Math.atan2(meanIm, meanRe);
  let squares = 0;
  for (const angle of angles) {
    const d = angle - mean;
    squares += (d - 2 * Math.PI * Math.round(d / (2 * Math.PI))) ** 2;
  }
  return Math.sqrt(squares / angles.length);
}
