/** How much the probe changed, and whether that ends the overlap loop. */

import { defineKernel } from "../kernel.ts";

/**
 * Sets `ratios[slot]` to `sum|probe - previous|^2 / sum|probe|^2` over `count` elements from `start`, then `previous = probe` there.
 * Changes `ratios` and `previous`.
 *
 * probe, previous  all probe layers     complex
 * ratios           one per storage
 */
export const probeChange = defineKernel({
  name: "probe_change",
  bindings: { probe: "whole:complex:read", previous: "whole:complex:update", ratios: "whole:wide:update" },
  params: { start: "int", count: "int", slot: "int" },
  cpu({ probe, previous, ratios }, { start, count, slot }) {
    let change = 0;
    let norm = 0;
    for (let i = 2 * start; i < 2 * (start + count); i++) {
      change += (probe[i]! - previous[i]!) ** 2;
      norm += probe[i]! ** 2;
      previous[i] = probe[i]!;
    }
    ratios[slot] = change / norm;
  },
});

/**
 * Sets `done[0]` to 1 if the square root of the mean of `ratios` is below `limit`, else to 0. Changes `done`.
 *
 * ratios  one per storage
 * done    (1)
 */
export const probeConverged = defineKernel({
  name: "probe_converged",
  bindings: { done: "whole:wide:write", ratios: "whole:wide:read" },
  params: { limit: "real" },
  cpu({ done, ratios }, { limit }) {
    const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    done[0] = Math.sqrt(mean) < limit ? 1 : 0;
  },
});
