/** What a block of iterations reports: a row of small numbers per iteration. */

import { defineKernel } from "../kernel.ts";

/** Numbers per row of a report: the three errors and whether anything left the finite numbers. */
export const REPORT_COLUMNS = 4;

/**
 * Writes row `row` of the report: the means of the three errors over their rows, and 1 if an error or a number of probe or object is
 * not finite. Changes `report`.
 *
 * report  (iteration, REPORT_COLUMNS)
 * errors  (frame or pod, 3)
 */
export const reportIteration = defineKernel({
  name: "report_iteration",
  bindings: {
    report: "whole:wide:update",
    errors: "whole:wide:read",
    probe: "whole:complex:read",
    object: "whole:complex:read",
  },
  params: { row: "int" },
  cpu({ report, errors, probe, object }, { row }) {
    let bad = 0;
    for (let column = 0; column < 3; column++) {
      let sum = 0;
      for (let i = column; i < errors.length; i += 3) sum += errors[i]!;
      report[row * REPORT_COLUMNS + column] = sum / (errors.length / 3);
      if (!Number.isFinite(sum)) bad = 1;
    }
    for (const array of [probe, object]) {
      // The sum of 0 * x is 0 unless some x is not finite.
      let sum = 0;
      for (let i = 0; i < array.length; i++) sum += 0 * array[i]!;
      if (sum !== 0) bad = 1;
    }
    report[row * REPORT_COLUMNS + 3] = bad;
  },
});
