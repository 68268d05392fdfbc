/** The disc outside which the probe is zero. */

import { defineKernel } from "../kernel.ts";

/**
 * Sets elements outside the disc of area `support * rows * cols` about the geometric centre to zero, in `layers` layers from `start`.
 * A pixel lies inside if `pi r^2 < support * rows * cols`. Changes `probe`, which may also be a gradient.
 *
 * probe  all probe layers  complex
 */
export const probeSupport = defineKernel({
  name: "probe_support",
  bindings: { probe: "whole:complex:update" },
  params: { start: "int", layers: "int", rows: "int", cols: "int", support: "real" },
  cpu({ probe }, { start, layers, rows, cols, support }) {
    const limit = support * rows * cols;
    for (let layer = 0; layer < layers; layer++) {
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < cols; x++) {
          const [dy, dx] = [y - (rows / 2 - 0.5), x - (cols / 2 - 0.5)];
          if (Math.PI * (dy * dy + dx * dx) < limit) continue;
          probe.fill(0, 2 * (start + (layer * rows + y) * cols + x), 2 * (start + (layer * rows + y) * cols + x + 1));
        }
      }
    }
  },
});
