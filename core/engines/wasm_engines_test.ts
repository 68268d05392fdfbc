/** The seam on the WASM device: every engine agrees with the reference, and gives the same bytes however it is cut or threaded. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { createReferenceDevice } from "../../kernels/reference_device.ts";
import { createWasmDevice } from "../../kernels/wasm_device.ts";
import { bytesOf, type CaseRun, ENGINE_CASES, ITERATIONS, runInBlocks, runInSessions } from "./engine_cases.ts";

/**
 * Largest difference from the reference, relative to the array's largest number. Double: other orders of the same sums, some hundred
 * terms each, which smoothing and conjugate directions amplify. Single: the reference sums in double, this device in single, in units
 * of 6e-8; pixels that hardly any light reaches divide such sums by small norms.
 */
const TOLERANCE = { double: 1e-10, single: 3e-4 };

/**
 * Floating intensities under a Poisson likelihood amplify rounding with every iteration (see tests/parity/engines_test.ts); measured
 * 3.4e-3, in the search direction.
 */
const POISSON_FLOATING_SINGLE = 1e-2;

for (const precision of ["double", "single"] as const) {
  for (const [title, p] of Object.entries(ENGINE_CASES)) {
    const isFloating = title === "ML poisson" && precision === "single";
    const tolerance = isFloating ? POISSON_FLOATING_SINGLE : TOLERANCE[precision];
    Deno.test(`${title} in ${precision} on wasm agrees with the reference to ${tolerance}`, async () => {
      const expected = await runInBlocks({ p, precision, device: createReferenceDevice() }, [ITERATIONS]);
      const found = await runInBlocks({ p, precision, device: createWasmDevice({ threads: 1 }) }, [ITERATIONS]);
      assertAgree(found, expected, tolerance);
    });

    Deno.test(`${title} in ${precision} on wasm: blocks, restarts and threads do not change a byte`, async () => {
      const [one, two] = [1, 2].map((threads) => ({ p, precision, device: createWasmDevice({ threads }) }));
      const whole = await runInBlocks(one!, [ITERATIONS]);
      assertSame(await runInBlocks(two!, Array(ITERATIONS).fill(1)), whole);
      assertSame(await runInSessions(one!, [1, ITERATIONS - 2, 1]), whole);
    });
  }
}

function assertSame(found: CaseRun, expected: CaseRun): void {
  const text = ({ arrays, ...rest }: CaseRun) => ({
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, bytesOf(array)])),
    ...rest,
  });
  assertEquals(text(found), text(expected));
}

function assertAgree(found: CaseRun, expected: CaseRun, tolerance: number): void {
  assertEquals(Object.keys(found.arrays).sort(), Object.keys(expected.arrays).sort());
  for (const [name, array] of Object.entries(expected.arrays)) {
    const other = found.arrays[name]!;
    assertEquals([name, other.dtype, other.shape], [name, array.dtype, array.shape]);
    assertClose(name, { found: other.data as Float64Array, expected: array.data as Float64Array, tolerance });
  }
  assertClose("errors", { found: found.localErrors, expected: expected.localErrors, tolerance });
}

function assertClose(
  name: string,
  { found, expected, tolerance }: { found: ArrayLike<number>; expected: ArrayLike<number>; tolerance: number },
): void {
  const largest = Array.from(expected).reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(found[i]! - expected[i]!) / largest;
    assert(
      off <= tolerance,
      `${name}[${i}]: found ${found[i]}, expected ${expected[i]} (off by ${off} of the largest)`,
    );
  }
}
