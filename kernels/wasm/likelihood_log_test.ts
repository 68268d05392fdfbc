/** Generated logarithms against Math.log, and the constant that completes a Poisson likelihood. */

import { assert } from "@std/assert/assert.js";
import { logGamma } from "../gradient_descent/log_gamma.ts";
import type { Precision } from "../nd_array.ts";
import { assertClose, ROUNDING, seededNumbers } from "../testing.ts";
import { createAssembler } from "./assembler.ts";
import { v128 } from "./expressions.ts";
import { lanesOf, VECTOR_BYTES, viewMemory } from "./lanes.ts";
import { logarithm, photonsOf, poissonConstant } from "./likelihood_log.ts";

/** Some units of rounding of the result. */
const TOLERANCE = { single: 4e-7, double: 8e-16 };

for (const precision of ["single", "double"] as const) {
  Deno.test(`logarithm() is log(a / b) of ratios from 1e-30 to 1e30, ${precision}`, () => {
    const exponents = seededNumbers(4000, 1);
    const [a, b] = [seededNumbers(4000, 2), seededNumbers(4000, 3)].map((values, side) =>
      values.map((v, i) => round(precision, (1.1 + v) * 10 ** ((side === 0 ? 15 : -15) * exponents[i]!)))
    ) as [Float64Array, Float64Array];
    // The expected difference has the rounding of its terms, which are about 1 where the ratio is.
    const exact = a.map((v, i) => Math.log(v) - Math.log(b[i]!));
    run(precision, a, b).forEach((found, i) => {
      const off = Math.abs(found - exact[i]!) / Math.max(1, Math.abs(exact[i]!));
      assert(off <= TOLERANCE[precision], `log(${a[i]} / ${b[i]}): found ${found}, expected ${exact[i]}`);
    });
  });

  Deno.test(`logarithm() keeps its digits where the ratio is close to 1, ${precision}`, () => {
    // The differences are exact; log1p of their ratio has no cancellation.
    const b = seededNumbers(4000, 4).map((v) => round(precision, 2 + v));
    const a = seededNumbers(4000, 5).map((v, i) => round(precision, b[i]! * (1 + 1e-4 * v)));
    run(precision, a, b).forEach((found, i) => {
      const exact = Math.log1p((a[i]! - b[i]!) / b[i]!);
      const off = Math.abs(found - exact) / (Math.abs(exact) || 1);
      assert(off <= TOLERANCE[precision], `log(${a[i]} / ${b[i]}): found ${found}, expected ${exact} (off by ${off})`);
    });
  });

  Deno.test(`logarithm() of 1, 2 and 1/2 is exact to rounding, ${precision}`, () => {
    const a = Float64Array.of(3, 6, 1.5, 1);
    const b = Float64Array.of(3, 3, 3, 1);
    const expected = [0, Math.LN2, -Math.LN2, 0].map((v) => round(precision, v));
    assertClose(run(precision, a, b), expected, precision === "single" ? 6e-8 : 1.2e-16);
  });
}

Deno.test("poissonConstant() completes the likelihood of a model: log factorials, and reference logarithms of valid pixels", () => {
  const diffraction = Float64Array.of(0, 3, 7, 2);
  const mask = Uint8Array.of(1, 1, 0, 1);
  const model = [0.4, 2.5, 100, 2];
  const direct = model.reduce(
    (sum, m, i) => sum + logGamma(diffraction[i]! + 1) + (mask[i] === 0 ? 0 : m - diffraction[i]! * Math.log(m)),
    0,
  );
  // What the judge of the module sums: log(m / measured) where something was measured, no logarithm where not.
  const judged = 0.4 + (2.5 - 3 - 3 * Math.log(2.5 / 3)) + 0;
  assertClose([poissonConstant(diffraction, mask) + judged], [direct], ROUNDING);
});

Deno.test("photonsOf() counts masked pixels too: 0 + 3 + 7 + 2", () => {
  assertClose([photonsOf(Float32Array.of(0, 3, 7, 2))], [12], ROUNDING);
});

function run(precision: Precision, a: Float64Array, b: Float64Array): Float64Array {
  const lanes = lanesOf(precision);
  const memory = new WebAssembly.Memory({ initial: 4 });
  const assembler = createAssembler({ sharedPages: 0 });
  assembler.define({ name: "run", params: { a: "i32", b: "i32", end: "i32" }, exported: true }, (body, p) => {
    const log = logarithm(body, lanes);
    body.sweep({ move: [[p.a, VECTOR_BYTES], [p.b, VECTOR_BYTES]], until: p.end }, () => {
      body.storeV128(p.a, log(body.keep(v128.load(p.a)), body.keep(v128.load(p.b))));
    });
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assembler.bytes()), { env: { memory } });
  const bytes = a.length * lanes.bytes;
  const view = (address: number) => viewMemory(memory, { precision, address, length: a.length });
  view(0).set(a);
  view(bytes).set(b);
  (exports["run"] as (a: number, b: number, end: number) => void)(0, bytes, bytes);
  return Float64Array.from(view(0));
}

function round(precision: Precision, value: number): number {
  return precision === "single" ? Math.fround(value) : value;
}
