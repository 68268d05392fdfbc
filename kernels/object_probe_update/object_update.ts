/** Sums over frames for the object that fits the exit waves best. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

/**
 * Adds `conj(probe) * exitWave` to `sum` and `|probe|^2` to `norm` at every pod's view. Changes `sum` and `norm`.
 *
 * sum       all object layers        complex
 * norm      all object layers
 * exitWave  (mode, y, x)             complex
 * probe     all probe layers         complex
 * address   (mode, ADDRESS.columns)
 *
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011, eq. 6
 */
export const objectUpdate = defineFrameKernel({
  name: "object_update",
  bindings: {
    sum: "whole:wide_complex:add",
    norm: "whole:wide:add",
    exitWave: "frame:complex:read",
    probe: "whole:complex:read",
    address: "frame:int:read",
  },
  params: {},
  cpu({ sum, norm, exitWave, probe, address }, _, { modes, rows, cols }) {
    let w = 0;
    for (let m = 0; m < modes; m++) {
      const row = m * ADDRESS.columns;
      const stride = address[row + ADDRESS.objectStride]!;
      let p = 2 * address[row + ADDRESS.probeStart]!;
      for (let y = 0; y < rows; y++) {
        const first = address[row + ADDRESS.objectStart]! + (address[row + ADDRESS.oy]! + y) * stride;
        let o = first + address[row + ADDRESS.ox]!;
        for (const end = w + 2 * cols; w < end; w += 2, p += 2, o++) {
          const pr = probe[p]!;
          const pi = probe[p + 1]!;
          const er = exitWave[w]!;
          const ei = exitWave[w + 1]!;
          sum[2 * o] = sum[2 * o]! + (pr * er + pi * ei);
          sum[2 * o + 1] = sum[2 * o + 1]! + (pr * ei - pi * er);
          norm[o] = norm[o]! + (pr * pr + pi * pi);
        }
      }
    }
  },
});
