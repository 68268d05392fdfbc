/** The exit wave after the Fourier projection of the difference map. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";
import addressModule from "../shared/address.wgsl" with { type: "text" };
import complexModule from "../shared/complex.wgsl" with { type: "text" };
import frameModule from "../shared/frame.wgsl" with { type: "text" };
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import reduceModule from "../shared/reduce.wgsl" with { type: "text" };
import slicesModule from "../shared/slices.wgsl" with { type: "text" };
import buildExitText from "./build_exit.wgsl" with { type: "text" };

/**
 * Moves the exit wave by the difference of the two projections, `exitWave += wave - probe * object`, or, where the frame already
 * lay within its power bound, by `alpha * (probe * object - exitWave)`. Changes `exitWave`, and `errors[2]` to the sum over modes of
 * the mean squared modulus of the change.
 *
 * exitWave  (mode, y, x)             complex
 * wave      (mode, y, x)             complex, auxiliary wave after the projection
 * within    (1)                      1 where the frame lay within its bound
 * errors    (3)
 *
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011, eq. 9
 * @see PtyPy 0.4: basic_fourier_update (0.9 differs: 1 instead of alpha within the bound)
 */
export const buildExit = defineFrameKernel({
  name: "build_exit",
  wgsl: {
    code: [complexModule, gridModule, frameModule, addressModule, reduceModule, slicesModule, buildExitText],
    sink: "exitPixel",
    over: "item groups",
    before: [{ entry: "build_exit_slices", over: "slices" }],
    work: ({ slices }) => 16 * slices,
  },
  bindings: {
    exitWave: "frame:complex:update",
    wave: "frame:wide_complex:read",
    probe: "whole:complex:read",
    object: "whole:complex:read",
    address: "frame:int:read",
    within: "frame:wide:read",
    errors: "frame:wide:update",
  },
  params: { alpha: "real" },
  cpu({ exitWave, wave, probe, object, address, within, errors }, { alpha }, { modes, rows, cols }) {
    const [keep, weight] = within[0] === 1 ? [0, alpha] : [1, -1];
    const old = within[0] === 1 ? alpha : 0;
    let sum = 0;
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
          const er = exitWave[w]!;
          const ei = exitWave[w + 1]!;
          const dr = keep * wave[w]! + weight * (pr * or - pi * oi) - old * er;
          const di = keep * wave[w + 1]! + weight * (pr * oi + pi * or) - old * ei;
          exitWave[w] = er + dr;
          exitWave[w + 1] = ei + di;
          sum += dr * dr + di * di;
        }
      }
    }
    errors[2] = sum / (rows * cols);
  },
});
