/** Gaussian smoothing of one layer of an object or of sums for one. */

import { gaussianFilterComplex } from "../array/gaussian_filter.ts";
import { defineKernel } from "../kernel.ts";

/**
 * Smooths the (rows, cols) complex elements from `start` with a Gaussian of `sigma` pixels. Changes `array`.
 *
 * array  all object layers  complex, in the device's best precision
 */
export const smoothLayer = defineKernel({
  name: "smooth_layer",
  bindings: { array: "whole:wide_complex:update" },
  params: { start: "int", rows: "int", cols: "int", sigma: "real" },
  cpu({ array }, { start, rows, cols, sigma }) {
    gaussianFilterComplex(array, { rows, cols, sigma, offset: start });
  },
});
