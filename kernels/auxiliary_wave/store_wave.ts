/** Storing the waves of a frame beyond a pass, and fetching them again. */

import { defineFrameKernel } from "../kernel.ts";

/** `stored = wave`, in the run's precision. Changes `stored`; both (mode, y, x) complex. */
export const storeWave = defineFrameKernel({
  name: "store_wave",
  bindings: { stored: "frame:complex:write", wave: "frame:wide_complex:read" },
  params: {},
  cpu({ stored, wave }) {
    stored.set(wave);
  },
});

/** `wave = stored`. Changes `wave`; both (mode, y, x) complex. */
export const fetchWave = defineFrameKernel({
  name: "fetch_wave",
  bindings: { wave: "frame:wide_complex:write", stored: "frame:complex:read" },
  params: {},
  cpu({ wave, stored }) {
    wave.set(stored);
  },
});
