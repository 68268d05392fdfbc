/** Closed forms and errors of initial objects. */

import assert from "node:assert/strict";
import type { NdArray } from "../kernels/nd_array.ts";
import { DataError, ParameterError } from "./errors.ts";
import { createRandom } from "./random.ts";
import { refractiveIndex } from "./refraction/refractive_index.ts";
import { initialObject, type SamplePlane, type SampleProcess } from "./sample.ts";

const AS_IS: SampleProcess = {
  offset: [0, 0],
  zoom: null,
  formula: null,
  density: 1,
  thickness: null,
  ref_index: null,
  smoothing: null,
};
const ONE = { re: 1, im: 0 };
/** Wave number at 7.2 keV with the wavelength that PtyPy has here. */
const K = 2 * Math.PI * 7.2 / 1.240597288e-9;

function planeOf(change: Partial<SamplePlane> = {}): SamplePlane {
  return {
    layers: 1,
    shape: [2, 3],
    psize: [1e-7, 1e-7],
    energy: 7.2,
    model: null,
    random: createRandom(7),
    where: "scans.MF.sample",
    ...change,
  };
}

function real(rows: number, cols: number, ...values: number[]): NdArray {
  return { dtype: "float64", shape: [rows, cols], data: Float64Array.from(values) };
}

function assertNear(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(found[i]! - expected[i]!) < 1e-12, `at ${i}: ${found[i]}`);
  }
}

Deno.test("without a model the object is fill everywhere, in all layers", () => {
  const object = initialObject({ fill: { re: 0.9, im: 0.1 }, process: AS_IS }, planeOf({ layers: 2 }));
  assertNear(object, Array.from({ length: 24 }, (_, i) => i % 2 === 0 ? 0.9 : 0.1));
});

Deno.test("without process the model is the transmission, cut or filled with 0 evenly", () => {
  const object = initialObject(
    { fill: ONE, process: null },
    planeOf({ shape: [1, 4], model: real(3, 2, 1, 2, 3, 4, 5, 6) }),
  );
  assertNear(object, [0, 0, 3, 0, 4, 0, 0, 0]);
});

Deno.test("a real model is a thickness from its minimum: exp(i k n t), absorbing for positive Im n", () => {
  const process = { ...AS_IS, thickness: 1e-7, ref_index: { re: -1e-2, im: 1e-3 } };
  const object = initialObject({ fill: ONE, process }, planeOf({ shape: [1, 3], model: real(1, 3, 5, 7, 9) }));
  const expected = [0, 0.5e-7, 1e-7].flatMap((t) => {
    const size = Math.exp(-K * 1e-3 * t);
    return [size * Math.cos(-K * 1e-2 * t), size * Math.sin(-K * 1e-2 * t)];
  });
  assertNear(object, expected);
});

Deno.test("a formula gives the index of refraction and goes before ref_index", () => {
  const index = refractiveIndex({ formula: "Au", density: 19.3 }, { energy: 7.2, where: "" });
  const process = { ...AS_IS, thickness: 1e-6, formula: "Au", density: 19.3, ref_index: { re: 0.5, im: 0 } };
  const object = initialObject({ fill: ONE, process }, planeOf({ shape: [1, 2], model: real(1, 2, 0, 1) }));
  const size = Math.exp(-K * index.im * 1e-6);
  assertNear(object, [1, 0, size * Math.cos(K * index.re * 1e-6), size * Math.sin(K * index.re * 1e-6)]);
  // Gold shifts the phase by -2.1 rad per micrometre and attenuates over 2.05 micrometres; tables differ by a few percent.
  assert.ok(Math.abs(K * index.re * 1e-6 + 2.1) < 0.05 && Math.abs(size ** 2 - Math.exp(-1 / 2.05)) < 0.02);
});

Deno.test("a complex model with thickness is a refractive index, without one a transmission", () => {
  const model: NdArray = { dtype: "complex128", shape: [1, 1], data: Float64Array.of(-1e-2, 1e-3) };
  const thick = initialObject({ fill: ONE, process: { ...AS_IS, thickness: 1e-7 } }, planeOf({ shape: [1, 1], model }));
  const size = Math.exp(-K * 1e-10);
  assertNear(thick, [size * Math.cos(-K * 1e-9), size * Math.sin(-K * 1e-9)]);
  assertNear(initialObject({ fill: ONE, process: AS_IS }, planeOf({ shape: [1, 1], model })), [-1e-2, 1e-3]);
});

Deno.test("offset moves content towards lower indices and fills the gap", () => {
  const model: NdArray = { dtype: "complex128", shape: [2, 2], data: Float64Array.of(1, 1, 2, 2, 3, 3, 4, 4) };
  const object = initialObject(
    { fill: { re: 0.5, im: 0 }, process: { ...AS_IS, offset: [1, 0] } },
    planeOf({ shape: [2, 2], model }),
  );
  assertNear(object, [3, 3, 4, 4, 0.5, 0, 0.5, 0]);
});

Deno.test("errors: real model without index, zoom to nothing or to too much, formula, NaN, no image", () => {
  const model = real(1, 2, 1, 2);
  const make = (process: SampleProcess | null, m: NdArray) => () =>
    initialObject({ fill: ONE, process }, planeOf({ model: m }));
  assert.throws(
    make(AS_IS, model),
    (e: unknown) => e instanceof ParameterError && e.issues[0]!.path === "scans.MF.sample.process.ref_index",
  );
  for (const zoom of [0, 1e6]) {
    assert.throws(
      make({ ...AS_IS, zoom }, model),
      (e: unknown) => e instanceof ParameterError && e.issues[0]!.path === "scans.MF.sample.process.zoom",
    );
  }
  assert.throws(
    make({ ...AS_IS, thickness: -1e-6, ref_index: ONE }, model),
    (e: unknown) => e instanceof ParameterError && e.issues[0]!.path === "scans.MF.sample.process.thickness",
  );
  const complex: NdArray = { dtype: "complex128", shape: [1, 1], data: Float64Array.of(1, 0) };
  for (const [formula, source] of [["Xx", model], ["Au", complex]] as const) {
    assert.throws(
      make({ ...AS_IS, formula }, source),
      (e: unknown) => e instanceof ParameterError && e.issues[0]!.path === "scans.MF.sample.process.formula",
    );
  }
  assert.throws(make(null, real(1, 1, NaN)), DataError);
  assert.throws(make(null, { ...model, shape: [2] }), DataError);
});
