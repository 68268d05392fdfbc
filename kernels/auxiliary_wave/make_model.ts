/** The model of a frame: probe times object for every pod. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

/**
 * The wave behind the object, `wave = probe * object` at the pod's view. Changes `wave`.
 *
 * wave     (mode, y, x)              complex
 * probe    all probe layers          complex
 * object   all object layers         complex
 * address  (mode, ADDRESS.columns)
 *
 * The same kernel with other arrays gives the mixed products of a line search.
 */
export const makeModel = defineFrameKernel({
  name: "make_model",
  bindings: {
    wave: "frame:wide_complex:write",
    probe: "whole:complex:read",
    object: "whole:complex:read",
    address: "frame:int:read",
  },
  params: {},
  cpu({ wave, probe, object, address }, _, { modes, rows, cols }) {
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
          const or = object[o]!;
          const oi = object[o + 1]!;
          wave[w] = pr * or - pi * oi;
          wave[w + 1] = pr * oi + pi * or;
        }
      }
    }
  },
});
