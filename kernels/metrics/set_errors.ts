/** Errors that do not come from frames. */

import { defineKernel } from "../kernel.ts";

/** Sets every row of the errors to (0, photonError, 0). Changes `errors`, (row, 3). */
export const setErrors = defineKernel({
  name: "set_errors",
  bindings: { errors: "whole:wide:write" },
  params: { photonError: "real" },
  cpu({ errors }, { photonError }) {
    for (let i = 0; i < errors.length; i += 3) errors.set([0, photonError, 0], i);
  },
});
