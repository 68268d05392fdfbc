/** Which pixels of the object some view covers. */

import { defineFrameKernel, defineKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

/**
 * Adds 1 to `coverage` at every pixel of every pod's view. Changes `coverage`.
 *
 * coverage  all object layers
 * address   (mode, ADDRESS.columns)
 */
export const countCoverage = defineFrameKernel({
  name: "count_coverage",
  bindings: { coverage: "whole:wide:add", address: "frame:int:read" },
  params: {},
  cpu({ coverage, address }, _, { modes, rows, cols }) {
    for (let row = 0; row < modes * ADDRESS.columns; row += ADDRESS.columns) {
      const stride = address[row + ADDRESS.objectStride]!;
      for (let y = 0; y < rows; y++) {
        const start = address[row + ADDRESS.objectStart]! + (address[row + ADDRESS.oy]! + y) * stride +
          address[row + ADDRESS.ox]!;
        for (let i = start; i < start + cols; i++) coverage[i] = coverage[i]! + 1;
      }
    }
  },
});

/**
 * The mean over `ranks` workers of an object that only covered pixels take part in: `object * ranks / (ranks + 1e-5)` where a view
 * covers the pixel, 0 elsewhere. Changes `object`.
 *
 * object    all object layers  complex
 * coverage  all object layers
 *
 * @see PtyPy 0.4: engines.ePIE synchronization (which has the same effect on a single process)
 */
export const averageCovered = defineKernel({
  name: "average_covered",
  bindings: { object: "whole:complex:update", coverage: "whole:wide:read" },
  params: { ranks: "int" },
  cpu({ object, coverage }, { ranks }) {
    for (let i = 0; i < coverage.length; i++) {
      const factor = coverage[i]! > 0 ? 1 / (ranks + 1e-5) * ranks : 0;
      object[2 * i] = object[2 * i]! * factor;
      object[2 * i + 1] = object[2 * i + 1]! * factor;
    }
  },
});
