/** Reports of iterations. */

import { assertEquals } from "@std/assert/equals.js";
import { REPORT_COLUMNS, reportIteration } from "./report.ts";
import { setErrors } from "./set_errors.ts";

const ERRORS = Float64Array.of(1, 2, 3, 5, 4, 5);

Deno.test("reportIteration() writes the means over rows into its own row", () => {
  assertEquals(Array.from(report({}).subarray(REPORT_COLUMNS)), [3, 3, 4, 0]);
  assertEquals(Array.from(report({}).subarray(0, REPORT_COLUMNS)), [0, 0, 0, 0]);
});

for (const bad of [NaN, Infinity, -Infinity]) {
  Deno.test(`reportIteration() marks ${bad} in the errors, the probe or the object`, () => {
    assertEquals(report({ errors: Float64Array.of(1, bad, 1) })[7], 1);
    assertEquals(report({ probe: Float32Array.of(0, bad) })[7], 1);
    assertEquals(report({ object: Float64Array.of(bad, 1, 2, 3) })[7], 1);
  });
}

Deno.test("setErrors() writes (0, photonError, 0) into every row", () => {
  const errors = ERRORS.slice();
  setErrors.cpu({ errors }, { photonError: 0.9 });
  assertEquals(Array.from(errors), [0, 0.9, 0, 0, 0.9, 0]);
});

interface Parts {
  readonly errors?: Float64Array;
  readonly probe?: Float32Array;
  readonly object?: Float64Array;
}

function report(
  { errors = ERRORS, probe = Float32Array.of(1e30, -1), object = new Float64Array(4) }: Parts,
): Float64Array {
  const rows = new Float64Array(2 * REPORT_COLUMNS);
  reportIteration.cpu({ report: rows, errors, probe, object }, { row: 1 });
  return rows;
}
