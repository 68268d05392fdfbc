/** Gaussian smoothing of one layer of an object or of sums for one. */

import { gaussianFilterComplex } from "../array/gaussian_filter.ts";
import { defineKernel } from "../kernel.ts";
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import smoothLayerText from "./smooth_layer.wgsl" with { type: "text" };

/**
 * Smooths the (rows, cols) complex elements from `start` with a Gaussian of `sigma` pixels. Changes `array`.
 *
 * array  all object layers  complex, in the device's best precision
 */
export const smoothLayer = defineKernel({
  name: "smooth_layer",
  wgsl: {
    code: [gridModule, smoothLayerText],
    over: "each array",
    before: [{ entry: "smooth_layer_columns", over: "each array" }],
    work: ({ elements }) => 8 * elements("array"),
  },
  bindings: { array: "whole:wide_complex:update" },
  params: { start: "int", rows: "int", cols: "int", sigma: "real" },
  cpu({ array }, { start, rows, cols, sigma }) {
    gaussianFilterComplex(array, { rows, cols, sigma, offset: start });
  },
});
