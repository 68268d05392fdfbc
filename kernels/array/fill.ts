/** Kernels that set arrays: zero, copy between precisions. */

import { defineKernel } from "../kernel.ts";
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import fillWideComplexText from "./fill_wide_complex.wgsl" with { type: "text" };
import fillWideText from "./fill_wide.wgsl" with { type: "text" };
import widenText from "./widen.wgsl" with { type: "text" };
import narrowText from "./narrow.wgsl" with { type: "text" };

/** Sets all numbers to `value`. Changes `array`, complex. */
export const fillWideComplex = defineKernel({
  name: "fill_wide_complex",
  wgsl: {
    code: [gridModule, fillWideComplexText],
    over: "each array",
  },
  bindings: { array: "whole:wide_complex:write" },
  params: { value: "real" },
  cpu({ array }, { value }) {
    array.fill(value);
  },
});

/** Sets all numbers to `value`. Changes `array`, real. */
export const fillWide = defineKernel({
  name: "fill_wide",
  wgsl: {
    code: [gridModule, fillWideText],
    over: "each array",
  },
  bindings: { array: "whole:wide:write" },
  params: { value: "real" },
  cpu({ array }, { value }) {
    array.fill(value);
  },
});

/** `to = from` in the device's best precision. Changes `to`; both complex of one size. */
export const widen = defineKernel({
  name: "widen",
  wgsl: {
    code: [gridModule, widenText],
    over: "each to",
  },
  bindings: { to: "whole:wide_complex:write", from: "whole:complex:read" },
  params: {},
  cpu({ to, from }) {
    to.set(from);
  },
});

/** `to = from` in the run's precision. Changes `to`; both complex of one size. */
export const narrow = defineKernel({
  name: "narrow",
  wgsl: {
    code: [gridModule, narrowText],
    over: "each to",
  },
  bindings: { to: "whole:complex:write", from: "whole:wide_complex:read" },
  params: {},
  cpu({ to, from }) {
    to.set(from);
  },
});
