/** Kernels that set arrays: zero, copy between precisions. */

import { defineKernel } from "../kernel.ts";

/** Sets all numbers to `value`. Changes `array`, complex. */
export const fillWideComplex = defineKernel({
  name: "fill_wide_complex",
  bindings: { array: "whole:wide_complex:write" },
  params: { value: "real" },
  cpu({ array }, { value }) {
    array.fill(value);
  },
});

/** Sets all numbers to `value`. Changes `array`, real. */
export const fillWide = defineKernel({
  name: "fill_wide",
  bindings: { array: "whole:wide:write" },
  params: { value: "real" },
  cpu({ array }, { value }) {
    array.fill(value);
  },
});

/** `to = from` in the device's best precision. Changes `to`; both complex of one size. */
export const widen = defineKernel({
  name: "widen",
  bindings: { to: "whole:wide_complex:write", from: "whole:complex:read" },
  params: {},
  cpu({ to, from }) {
    to.set(from);
  },
});

/** `to = from` in the run's precision. Changes `to`; both complex of one size. */
export const narrow = defineKernel({
  name: "narrow",
  bindings: { to: "whole:complex:write", from: "whole:wide_complex:read" },
  params: {},
  cpu({ to, from }) {
    to.set(from);
  },
});
