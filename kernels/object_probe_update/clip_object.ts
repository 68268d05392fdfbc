/** Limits on the modulus of the object. */

import { defineKernel } from "../kernel.ts";

/**
 * Brings every modulus into [low, high] and keeps the phase; 0 becomes `low`. Changes `object`.
 *
 * object  all object layers  complex
 *
 * @see PtyPy 0.9: AuxiliaryWaveKernel clip_magnitudes_to_range
 */
export const clipObject = defineKernel({
  name: "clip_object",
  bindings: { object: "whole:complex:update" },
  params: { low: "real", high: "real" },
  cpu({ object }, { low, high }) {
    for (let i = 0; i < object.length; i += 2) {
      const re = object[i]!;
      const im = object[i + 1]!;
      const modulus = Math.hypot(re, im);
      const wanted = modulus > high ? high : modulus < low ? low : modulus;
      if (wanted === modulus) continue;
      object[i] = modulus === 0 ? wanted : wanted * (re / modulus);
      object[i + 1] = modulus === 0 ? 0 : wanted * (im / modulus);
    }
  },
});
