/** createPropagator(): unitary, with the adjoint as inverse, and equal to its formula up to the phase at the detector. */

import { assertThrows } from "@std/assert/throws.js";
import { ShapeError } from "../errors.ts";
import { createFft2 } from "../fft/fft.ts";
import type { PropagatorFactors } from "../reconstruction.ts";
import { assertClose, innerProduct, ROUNDING, seededNumbers } from "../testing.ts";
import { createPropagator } from "./propagator.ts";

const SHAPES = [[1, 1], [7, 5], [12, 16]] as const;

for (const kind of ["farfield", "nearfield"] as const) {
  for (const [rows, cols] of SHAPES) {
    const factors = makeFactors(kind, rows * cols);

    Deno.test(`createPropagator() ${kind} is unitary at ${rows} * ${cols}: backward is inverse and adjoint`, () => {
      const propagator = createPropagator(factors, { rows, cols });
      const [x, y] = [seededNumbers(2 * rows * cols, 1), seededNumbers(2 * rows * cols, 2)];
      const [fx, by] = [x.slice(), y.slice()];
      propagator.forward(fx);
      propagator.backward(by);
      assertClose(innerProduct(fx, y), innerProduct(x, by), ROUNDING);
      propagator.backward(fx);
      assertClose(fx, x, ROUNDING);
    });
  }
}

Deno.test("createPropagator() scaled is y w x^T, with its adjoint, from any element on", () => {
  const [rows, cols] = [5, 7];
  const factors = {
    kind: "scaled",
    y: seededNumbers(2 * rows * rows, 8),
    x: seededNumbers(2 * cols * cols, 9),
  } as const;
  const propagator = createPropagator(factors, { rows, cols });
  const [x, y] = [seededNumbers(2 * rows * cols, 1), seededNumbers(2 * rows * cols, 2)];
  const [fx, by] = [Float64Array.of(3, 4, ...x), y.slice()];
  propagator.forward(fx, 2);
  propagator.backward(by);
  assertClose(innerProduct(fx.slice(2), y), innerProduct(x, by), ROUNDING);
  const expected = [0, 0];
  // Element (3, 2) of the product, summed as it is written.
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const at = (table: ArrayLike<number>, k: number) => Float64Array.of(table[2 * k]!, table[2 * k + 1]!);
      const term = product(product(at(factors.y, 3 * rows + i), at(factors.x, 2 * cols + j)), at(x, i * cols + j));
      expected[0]! += term[0]!;
      expected[1]! += term[1]!;
    }
  }
  const found = 2 + 2 * (3 * cols + 2);
  assertClose([fx[0]!, fx[1]!, fx[found]!, fx[found + 1]!], [3, 4, ...expected], ROUNDING);
});

Deno.test("createPropagator() farfield is fft2(pre w) / sqrt(N)", () => {
  const factors = makeFactors("farfield", 35);
  if (factors.kind !== "farfield") throw new TypeError("expected a far field");
  const wave = seededNumbers(70, 3);
  const expected = product(wave, factors.pre);
  createFft2(7, 5).forward(expected);
  createPropagator(factors, { rows: 7, cols: 5 }).forward(wave);
  assertClose(wave, expected.map((v) => v / Math.sqrt(35)), ROUNDING);
});

Deno.test("createPropagator() nearfield is ifft2(fft2(w) kernel)", () => {
  const factors = makeFactors("nearfield", 35);
  if (factors.kind !== "nearfield") throw new TypeError("expected a near field");
  const wave = seededNumbers(70, 4);
  const spectrum = wave.slice();
  createFft2(7, 5).forward(spectrum);
  const expected = product(spectrum, factors.kernel);
  createFft2(7, 5).inverse(expected);
  createPropagator(factors, { rows: 7, cols: 5 }).forward(wave);
  assertClose(wave, expected, ROUNDING);
});

Deno.test("createPropagator() refuses factors of another size", () => {
  assertThrows(() => createPropagator(makeFactors("farfield", 12), { rows: 4, cols: 4 }), ShapeError, "24 numbers");
  const square = { kind: "scaled", y: new Float64Array(32), x: new Float64Array(18) } as const;
  assertThrows(() => createPropagator(square, { rows: 4, cols: 4 }), ShapeError, "18 numbers along x");
});

function makeFactors(kind: "farfield" | "nearfield", count: number): PropagatorFactors {
  const phases = (seed: number) =>
    Float64Array.from(seededNumbers(count, seed)).reduce((out, v, i) => {
      out.set([Math.cos(3 * v), Math.sin(3 * v)], 2 * i);
      return out;
    }, new Float64Array(2 * count));
  return kind === "farfield" ? { kind, pre: phases(5), post: phases(6) } : { kind, kernel: phases(7) };
}

function product(x: Float64Array, y: ArrayLike<number>): Float64Array {
  return x.map((_, i) => {
    const j = i - i % 2;
    return i % 2 === 0 ? x[j]! * y[j]! - x[j + 1]! * y[j + 1]! : x[j]! * y[j + 1]! + x[j + 1]! * y[j]!;
  });
}
