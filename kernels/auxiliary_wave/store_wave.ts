/** Storing the waves of a frame beyond a pass, and fetching them again. */

import { defineFrameKernel } from "../kernel.ts";
import frameModule from "../shared/frame.wgsl" with { type: "text" };
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import storeWaveText from "./store_wave.wgsl" with { type: "text" };
import fetchWaveText from "./fetch_wave.wgsl" with { type: "text" };

/** `stored = wave`, in the run's precision. Changes `stored`; both (mode, y, x) complex. */
export const storeWave = defineFrameKernel({
  name: "store_wave",
  wgsl: {
    code: [gridModule, frameModule, storeWaveText],
    sink: "storedPixel",
    over: "waves",
  },
  bindings: { stored: "frame:complex:write", wave: "frame:wide_complex:read" },
  params: {},
  cpu({ stored, wave }) {
    stored.set(wave);
  },
});

/** `wave = stored`. Changes `wave`; both (mode, y, x) complex. */
export const fetchWave = defineFrameKernel({
  name: "fetch_wave",
  wgsl: {
    code: [gridModule, frameModule, fetchWaveText],
    over: "waves",
  },
  bindings: { wave: "frame:wide_complex:write", stored: "frame:complex:read" },
  params: {},
  cpu({ wave, stored }) {
    wave.set(stored);
  },
});
