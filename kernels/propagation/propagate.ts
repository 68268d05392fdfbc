/** Propagation of the waves of a frame to the detector and back. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

const BINDINGS = { wave: "frame:wide_complex:update", address: "frame:int:read" } as const;

/**
 * Propagates every pod's wave from the sample to the detector. Changes `wave`.
 *
 * wave     (mode, y, x)              complex
 * address  (mode, ADDRESS.columns)   names the propagator of each pod
 */
export const propagateForward = defineFrameKernel({
  name: "propagate_forward",
  bindings: BINDINGS,
  params: {},
  cpu({ wave, address }, _, { modes, rows, cols, propagators }) {
    for (let m = 0; m < modes; m++) {
      propagators[address[m * ADDRESS.columns + ADDRESS.propagator]!]!.forward(wave, 2 * m * rows * cols);
    }
  },
});

/** Propagates every pod's wave from the detector to the sample: inverse and adjoint of `propagateForward`. Changes `wave`. */
export const propagateBackward = defineFrameKernel({
  name: "propagate_backward",
  bindings: BINDINGS,
  params: {},
  cpu({ wave, address }, _, { modes, rows, cols, propagators }) {
    for (let m = 0; m < modes; m++) {
      propagators[address[m * ADDRESS.columns + ADDRESS.propagator]!]!.backward(wave, 2 * m * rows * cols);
    }
  },
});
