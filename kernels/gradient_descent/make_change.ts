/** First-order change of the exit wave along a search direction. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

/**
 * `wave = probe * objectDirection + probeDirection * object` for every pod. Changes `wave`.
 *
 * wave                      (mode, y, x)             complex
 * probe, probeDirection     all probe layers         complex
 * object, objectDirection   all object layers        complex
 * address                   (mode, ADDRESS.columns)
 */
export const makeChange = defineFrameKernel({
  name: "make_change",
  bindings: {
    wave: "frame:wide_complex:write",
    probe: "whole:complex:read",
    probeDirection: "whole:complex:read",
    object: "whole:complex:read",
    objectDirection: "whole:complex:read",
    address: "frame:int:read",
  },
  params: {},
  cpu({ wave, probe, probeDirection, object, objectDirection, address }, _, { modes, rows, cols }) {
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
          const qr = probeDirection[p]!;
          const qi = probeDirection[p + 1]!;
          const or = object[o]!;
          const oi = object[o + 1]!;
          const hr = objectDirection[o]!;
          const hi = objectDirection[o + 1]!;
          wave[w] = (pr * hr - pi * hi) + (qr * or - qi * oi);
          wave[w + 1] = (pr * hi + pi * hr) + (qr * oi + qi * or);
        }
      }
    }
  },
});
