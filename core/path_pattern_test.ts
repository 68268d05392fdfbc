/** Specification of formatPattern(). */

import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { ParameterError } from "./errors.ts";
import { fillNumbers, formatPattern } from "./path_pattern.ts";

const VALUES = { run: "moon", engine: "DM", iterations: 50, x: -7 };

const CASES: [string, string][] = [
  ["recons/%(run)s/%(run)s_%(engine)s_%(iterations)04d.ptyr", "recons/moon/moon_DM_0050.ptyr"],
  ["%(iterations)d%%", "50%"],
  ["%(iterations)6d|%(iterations)-6d|", "    50|50    |"],
  ["%(x)04d", "-007"],
  ["%(iterations).2f", "50.00"],
  ["plain.ptyr", "plain.ptyr"],
];

for (const [pattern, expected] of CASES) {
  Deno.test(`formatPattern() turns ${pattern} into ${expected}`, () => {
    assertEquals(formatPattern(pattern, VALUES, "io.rfile"), expected);
  });
}

for (const pattern of ["%(rnu)s", "%(run)d", "%(iterations)x", "100%.ptyr", "%(run"]) {
  Deno.test(`formatPattern() refuses ${pattern} and names the parameter`, () => {
    assertThrows(() => formatPattern(pattern, VALUES, "io.rfile"), ParameterError, "io.rfile");
  });
}

Deno.test("fillNumbers() fills whole numbers in their order", () => {
  assertEquals(fillNumbers("scan_%04d_%d.hdf5", [12, 345], "p"), "scan_0012_345.hdf5");
  assertEquals(fillNumbers("100%%_%3d_%i", [7, 8], "p"), "100%_  7_8");
});

for (const pattern of ["scan_%04d.hdf5", "%d_%d_%d", "scan", "%s_%d_%"]) {
  Deno.test(`fillNumbers() refuses ${pattern} for two numbers and names the parameter`, () => {
    assertThrows(() => fillNumbers(pattern, [1, 2], "data.pilatusPattern"), ParameterError, "data.pilatusPattern");
  });
}
