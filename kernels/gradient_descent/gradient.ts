/** Gradients of the likelihood with respect to object and probe. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

/**
 * Adds `2 conj(probe) * wave` to the object gradient at every pod's view. Changes `gradient`.
 *
 * gradient  all object layers        complex
 * wave      (mode, y, x)             complex, back-propagated residual times model
 * probe     all probe layers         complex
 * address   (mode, ADDRESS.columns)
 *
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, eq. 12
 */
export const objectGradient = defineFrameKernel({
  name: "object_gradient",
  bindings: {
    gradient: "whole:wide_complex:add",
    wave: "frame:wide_complex:read",
    probe: "whole:complex:read",
    address: "frame:int:read",
  },
  params: {},
  cpu({ gradient, wave, probe, address }, _, { modes, rows, cols }) {
    let w = 0;
    for (let m = 0; m < modes; m++) {
      const row = m * ADDRESS.columns;
      const stride = address[row + ADDRESS.objectStride]!;
      let p = 2 * address[row + ADDRESS.probeStart]!;
      for (let y = 0; y < rows; y++) {
        const first = address[row + ADDRESS.objectStart]! + (address[row + ADDRESS.oy]! + y) * stride;
        let o = 2 * (first + address[row + ADDRESS.ox]!);
        for (const end = w + 2 * cols; w < end; w += 2, p += 2, o += 2) {
          const pr = probe[p]!;
          const pi = probe[p + 1]!;
          const re = 2 * wave[w]!;
          const im = 2 * wave[w + 1]!;
          gradient[o] = gradient[o]! + (pr * re + pi * im);
          gradient[o + 1] = gradient[o + 1]! + (pr * im - pi * re);
        }
      }
    }
  },
});

/**
 * Adds `2 conj(object) * wave` to the gradient of every pod's probe layer. Changes `gradient`.
 *
 * gradient  all probe layers         complex
 * wave      (mode, y, x)             complex, back-propagated residual times model
 * object    all object layers        complex
 * address   (mode, ADDRESS.columns)
 *
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, eq. 13
 */
export const probeGradient = defineFrameKernel({
  name: "probe_gradient",
  bindings: {
    gradient: "whole:wide_complex:add",
    wave: "frame:wide_complex:read",
    object: "whole:complex:read",
    address: "frame:int:read",
  },
  params: {},
  cpu({ gradient, wave, object, address }, _, { modes, rows, cols }) {
    let w = 0;
    for (let m = 0; m < modes; m++) {
      const row = m * ADDRESS.columns;
      const stride = address[row + ADDRESS.objectStride]!;
      let p = 2 * address[row + ADDRESS.probeStart]!;
      for (let y = 0; y < rows; y++) {
        const first = address[row + ADDRESS.objectStart]! + (address[row + ADDRESS.oy]! + y) * stride;
        let o = 2 * (first + address[row + ADDRESS.ox]!);
        for (const end = w + 2 * cols; w < end; w += 2, p += 2, o += 2) {
          const or = object[o]!;
          const oi = object[o + 1]!;
          const re = 2 * wave[w]!;
          const im = 2 * wave[w + 1]!;
          gradient[p] = gradient[p]! + (or * re + oi * im);
          gradient[p + 1] = gradient[p + 1]! + (or * im - oi * re);
        }
      }
    }
  },
});
