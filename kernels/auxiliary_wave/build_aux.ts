/** The auxiliary wave of the difference map: what enters the Fourier projection. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";
import addressModule from "../shared/address.wgsl" with { type: "text" };
import complexModule from "../shared/complex.wgsl" with { type: "text" };
import frameModule from "../shared/frame.wgsl" with { type: "text" };
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import buildAuxText from "./build_aux.wgsl" with { type: "text" };

/**
 * `wave = (1 + alpha) * probe * object - alpha * exitWave` for every pod. Changes `wave`.
 *
 * wave      (mode, y, x)             complex
 * exitWave  (mode, y, x)             complex
 * probe     all probe layers         complex
 * object    all object layers        complex
 * address   (mode, ADDRESS.columns)
 *
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011, eq. 9
 */
export const buildAux = defineFrameKernel({
  name: "build_aux",
  wgsl: {
    code: [complexModule, gridModule, frameModule, addressModule, buildAuxText],
    source: "auxiliaryPixel",
    over: "waves",
  },
  bindings: {
    wave: "frame:wide_complex:write",
    exitWave: "frame:complex:read",
    probe: "whole:complex:read",
    object: "whole:complex:read",
    address: "frame:int:read",
  },
  params: { alpha: "real" },
  cpu({ wave, exitWave, probe, object, address }, { alpha }, { modes, rows, cols }) {
    const beta = 1 + alpha;
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
          wave[w] = beta * (pr * or - pi * oi) - alpha * exitWave[w]!;
          wave[w + 1] = beta * (pr * oi + pi * or) - alpha * exitWave[w + 1]!;
        }
      }
    }
  },
});
