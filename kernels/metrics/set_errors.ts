/** Errors that do not come from frames. */

import { defineKernel } from "../kernel.ts";
import gridModule from "../shared/grid.wgsl" with { type: "text" };
import setErrorsText from "./set_errors.wgsl" with { type: "text" };

/** Sets every row of the errors to (0, photonError, 0). Changes `errors`, (row, 3). */
export const setErrors = defineKernel({
  name: "set_errors",
  wgsl: {
    code: [gridModule, setErrorsText],
    over: "each errors",
  },
  bindings: { errors: "whole:wide:write" },
  params: { photonError: "real" },
  cpu({ errors }, { photonError }) {
    for (let i = 0; i < errors.length; i += 3) errors.set([0, photonError, 0], i);
  },
});
