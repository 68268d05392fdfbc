/** Moving the probe back to the middle of its array. */

import { shiftComplex } from "../array/spline.ts";
import { defineKernel } from "../kernel.ts";

/**
 * Shifts the `layers` layers from `start` so that the centre of mass of `sum_layers |probe|^2` comes to (rows >> 1, cols >> 1), if it
 * is `tolerance` pixels away or farther. Cubic splines, zeros from outside. Changes `probe`.
 *
 * probe  all probe layers  complex
 *
 * @see PtyPy 0.4: center_probe (differs: each storage is judged alone, where PtyPy stops at the first that lies within)
 */
export const centerProbe = defineKernel({
  name: "center_probe",
  bindings: { probe: "whole:complex:update" },
  params: { start: "int", layers: "int", rows: "int", cols: "int", tolerance: "real" },
  cpu({ probe }, { start, layers, rows, cols, tolerance }) {
    let [mass, my, mx] = [0, 0, 0];
    for (let layer = 0; layer < layers; layer++) {
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < cols; x++) {
          const i = 2 * (start + (layer * rows + y) * cols + x);
          const power = probe[i]! ** 2 + probe[i + 1]! ** 2;
          mass += power;
          my += y * power;
          mx += x * power;
        }
      }
    }
    const shift = [my / mass - Math.floor(rows / 2), mx / mass - Math.floor(cols / 2)] as const;
    if (!(Math.hypot(shift[0], shift[1]) >= tolerance)) return;
    for (let layer = 0; layer < layers; layer++) {
      shiftComplex(probe, { rows, cols, offset: start + layer * rows * cols, shift });
    }
  },
});
