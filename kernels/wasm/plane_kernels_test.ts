/** Kernels on whole arrays against their formulas, and the same bytes in pieces. */

import { assertEquals } from "@std/assert/equals.js";
import type { Precision } from "../nd_array.ts";
import { assertClose, seededNumbers } from "../testing.ts";
import { viewMemory } from "./lanes.ts";
import { generatePlaneKernels, instantiatePlaneKernels } from "./plane_kernels.ts";

/** Rounding of a product and a sum. */
const TOLERANCE = { single: 2e-7, double: 1e-15 };

for (const precision of ["single", "double"] as const) {
  for (const vectors of [1, 3, 64]) {
    Deno.test(`combine() is a x + b y of ${vectors} vectors, also in place, ${precision}`, () => {
      const { kernels, arrays: [x, y, out], at: [xAt, yAt, outAt], bytes } = setUp(precision, vectors);
      const expected = x.map((v, i) => 0.75 * v - 1.25 * y[i]!);
      kernels.combine(outAt, { x: xAt, y: yAt, a: 0.75, b: -1.25, bytes });
      assertClose(out, expected, TOLERANCE[precision]);
      kernels.combine(xAt, { x: xAt, y: yAt, a: 0.75, b: -1.25, bytes });
      assertEquals(x, out);
    });

    Deno.test(`scale() is a x of ${vectors} vectors, ${precision}`, () => {
      const { kernels, arrays: [x, , out], at: [xAt, , outAt], bytes } = setUp(precision, vectors);
      kernels.scale(outAt, { x: xAt, a: 0.3, bytes });
      assertClose(out, x.map((v) => 0.3 * v), TOLERANCE[precision]);
    });

    Deno.test(`takeStep() scales the direction and adds it, ${vectors} vectors, ${precision}`, () => {
      const { kernels, arrays: [x, y], at: [xAt, yAt], bytes } = setUp(precision, vectors);
      const direction = y.map((v) => 0.3 * v);
      const moved = x.map((v, i) => v + direction[i]!);
      kernels.takeStep(xAt, { direction: yAt, step: 0.3, bytes });
      assertClose(y, direction, TOLERANCE[precision]);
      assertClose(x, moved, TOLERANCE[precision]);
    });

    Deno.test(`finishMean() is sum / norm, and the array where the norm is 0, ${vectors} vectors, ${precision}`, () => {
      const { kernels, arrays: [array, sum, norm], at: [arrayAt, sumAt, normAt], bytes } = setUp(precision, vectors);
      norm.set(array.map((_, i) => i % 3 === 0 ? 0 : 1 + i % 5));
      const expected = array.map((v, i) => norm[i] === 0 ? v : sum[i]! / norm[i]!);
      kernels.finishMean(arrayAt, { sum: sumAt, norm: normAt, bytes });
      assertEquals(array, expected);
    });

    Deno.test(`isFinite() sees a single infinity or NaN in ${vectors} vectors, ${precision}`, () => {
      const { kernels, arrays: [x], at: [xAt], bytes } = setUp(precision, vectors);
      assertEquals(kernels.isFinite(xAt, { bytes }), true);
      for (const bad of [Infinity, NaN]) {
        const at = x.length - 2;
        const kept = x[at]!;
        x[at] = bad;
        assertEquals(kernels.isFinite(xAt, { bytes }), false);
        x[at] = kept;
      }
    });

    Deno.test(`replace() sums the change and the new array, then takes it, ${vectors} vectors, ${precision}`, () => {
      const { kernels, arrays: [x, before], at: [xAt, beforeAt], sums, sumsAt, bytes } = setUp(precision, vectors);
      const expected = [0, 0];
      x.forEach((v, i) => {
        expected[0]! += (v - before[i]!) ** 2;
        expected[1]! += v * v;
      });
      kernels.replace(sumsAt, { before: beforeAt, x: xAt, bytes });
      assertClose(sums.subarray(0, 2), expected, 1e-14);
      assertEquals(before, x);
    });

    Deno.test(`products() are sums in double of ${vectors} vectors, ${precision}`, () => {
      const { kernels, arrays: [x, y], at: [xAt, yAt], sums, sumsAt, bytes } = setUp(precision, vectors);
      kernels.products(sumsAt, { x: xAt, y: yAt, bytes });
      const dot = (a: typeof x, b: typeof x) =>
        Array.from(a, (v, i) => v * b[i]!).reduce((sum, product) => sum + product, 0);
      // Products of single precision are exact in double.
      assertClose(sums, [dot(x, x), dot(x, y), dot(y, y)], 1e-14);
    });
  }

  Deno.test(`nothing outside of a piece is read or changed, ${precision}`, () => {
    const { kernels, arrays: [x, , out], at: [xAt, yAt, outAt], sums, sumsAt, bytes } = setUp(precision, 8);
    const half = bytes / 2;
    const size = precision === "single" ? 4 : 8;
    x.fill(NaN, half / size);
    kernels.products(sumsAt, { x: xAt, y: yAt, bytes: half });
    assertEquals(sums.some(Number.isNaN), false);
    kernels.products(sumsAt, { x: xAt, y: yAt, bytes: 0 });
    assertEquals([...sums], [0, 0, 0]);
    kernels.combine(outAt, { x: xAt, y: yAt, a: 1, b: 1, bytes: half });
    kernels.scale(outAt, { x: xAt, a: 1, bytes: 0 });
    kernels.takeStep(outAt, { direction: xAt, step: 1, bytes: 0 });
    assertEquals(out.subarray(half / size), new (out.constructor as typeof Float64Array)(half / size));
  });
}

function setUp(precision: Precision, vectors: number) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bytes = 16 * vectors;
  const length = bytes / (precision === "single" ? 4 : 8);
  const at = [0, bytes, 2 * bytes] as const;
  const view = (address: number) => viewMemory(memory, { precision, address, length });
  const arrays = [view(at[0]), view(at[1]), view(at[2])] as const;
  arrays[0].set(seededNumbers(length, 1));
  arrays[1].set(seededNumbers(length, 2));
  const sumsAt = 3 * bytes;
  const module = new WebAssembly.Module(generatePlaneKernels({ precision, sharedPages: 0 }));
  const kernels = instantiatePlaneKernels(module, { memory });
  return { kernels, arrays, at, bytes, sumsAt, sums: new Float64Array(memory.buffer, sumsAt, 3) };
}
