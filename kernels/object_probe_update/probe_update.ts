/** Sums over frames for the probe that fits the exit waves best. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

/**
 * Adds `conj(object) * exitWave` to `sum` and `|object|^2` to `norm` of every pod's probe layer. Changes `sum` and `norm`.
 *
 * sum       all probe layers         complex
 * norm      all probe layers
 * exitWave  (mode, y, x)             complex
 * object    all object layers        complex
 * address   (mode, ADDRESS.columns)
 *
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011, eq. 7
 */
export const probeUpdate = defineFrameKernel({
  name: "probe_update",
  bindings: {
    sum: "whole:wide_complex:add",
    norm: "whole:wide:add",
    exitWave: "frame:complex:read",
    object: "whole:complex:read",
    address: "frame:int:read",
  },
  params: {},
  cpu({ sum, norm, exitWave, object, address }, _, { modes, rows, cols }) {
    let w = 0;
    for (let m = 0; m < modes; m++) {
      const row = m * ADDRESS.columns;
      const stride = address[row + ADDRESS.objectStride]!;
      let p = address[row + ADDRESS.probeStart]!;
      for (let y = 0; y < rows; y++) {
        const first = address[row + ADDRESS.objectStart]! + (address[row + ADDRESS.oy]! + y) * stride;
        let o = 2 * (first + address[row + ADDRESS.ox]!);
        for (const end = w + 2 * cols; w < end; w += 2, p++, o += 2) {
          const or = object[o]!;
          const oi = object[o + 1]!;
          const er = exitWave[w]!;
          const ei = exitWave[w + 1]!;
          sum[2 * p] = sum[2 * p]! + (or * er + oi * ei);
          sum[2 * p + 1] = sum[2 * p + 1]! + (or * ei - oi * er);
          norm[p] = norm[p]! + (or * or + oi * oi);
        }
      }
    }
  },
});
