/** Propagators: power, adjoint, closed forms. */

import assert from "node:assert/strict";
import { createGeometry, type Geometry, type GeometryOptions } from "../geometry.ts";
import { createRandom } from "../random.ts";
import { createPropagator, propagatorFactors } from "./propagator.ts";

const FAR: GeometryOptions = {
  energy: 7.2,
  distance: 7.19,
  psize: [2e-5, 3e-5],
  shape: [15, 12],
  propagation: "farfield",
};
const CASES: readonly (GeometryOptions & { readonly name: string })[] = [
  { ...FAR, name: "farfield" },
  { ...FAR, center: [3.25, -2], origin: "geometric", name: "farfield off axis" },
  { ...FAR, propagation: "nearfield", psize: 1e-7, distance: 1e-4, name: "nearfield" },
];

function wave(seed: number, pixels: number): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: 2 * pixels }, () => random.normal());
}

/** Re and Im of sum conj(a) b. */
function inner(a: Float64Array, b: Float64Array): [number, number] {
  let [re, im] = [0, 0];
  for (let i = 0; i < a.length; i += 2) {
    re += a[i]! * b[i]! + a[i + 1]! * b[i + 1]!;
    im += a[i]! * b[i + 1]! - a[i + 1]! * b[i]!;
  }
  return [re, im];
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(found[i]! - expected[i]!) <= tolerance * 100, `${i}: ${found[i]} is not ${expected[i]}`);
  }
}

for (const { name, ...options } of CASES) {
  const geometry = createGeometry(options);
  const pixels = geometry.shape[0] * geometry.shape[1];

  Deno.test(`${name}: forward keeps the power (Parseval)`, () => {
    const w = wave(1, pixels);
    const f = createPropagator(geometry).forward(w);
    assertClose(inner(f, f), inner(w, w));
  });

  Deno.test(`${name}: backward is the adjoint and the inverse of forward`, () => {
    const propagator = createPropagator(geometry);
    const [x, y] = [wave(2, pixels), wave(3, pixels)];
    assertClose(inner(propagator.forward(x), y), inner(x, propagator.backward(y)));
    assertClose(propagator.backward(propagator.forward(x)), x);
  });
}

/** A geometry at another energy on the sample grid of the first. */
function atEnergy(factor: number, options: GeometryOptions = FAR): Geometry {
  const { resolution } = createGeometry(options);
  return createGeometry({ ...options, energy: options.energy! * factor, resolution });
}

Deno.test("a misfit is padded and cut by whole pixels as in PtyPy where that is asked for, and backward stays the adjoint", () => {
  for (const factor of [0.8, 1.3]) {
    const propagator = createPropagator(atEnergy(factor), { wholePixels: true });
    assert.deepEqual(propagator.padding, factor < 1 ? [4, 4] : [-4, -2]);
    const [x, y] = [wave(2, 180), wave(3, 180)];
    assertClose(inner(propagator.forward(x), y), inner(x, propagator.backward(y)));
  }
});

Deno.test("another energy on the same grids is the padded transform where that is exact, and without misfit the plain one", () => {
  // 16 / 0.8 = 20 and 12 / 0.75 = 16: the period is a whole number of pixels.
  for (const [side, factor] of [[16, 0.8], [12, 0.75], [16, 1]] as const) {
    const options = { ...FAR, psize: 2e-5, shape: side };
    const geometry = atEnergy(factor, options);
    const exact = createPropagator({ ...geometry, misfit: factor === 1 ? [1e-5, 1e-5] : geometry.misfit });
    const padded = createPropagator(geometry, { wholePixels: true });
    const w = wave(4, side * side);
    assertClose(exact.forward(w), padded.forward(w));
    assertClose(exact.backward(w), padded.backward(w));
  }
});

Deno.test("any energy: a Gaussian spreads with the wavelength, and backward is the adjoint", () => {
  for (const factor of [0.93, 1.004, 1.21]) {
    const geometry = atEnergy(factor, { ...FAR, shape: [40, 33], center: [20.3, 16] });
    const { shape: [rows, cols], resolution, psize, lam, distance } = geometry;
    const lz = lam * distance;
    const propagator = createPropagator(geometry);
    const [x, y] = [wave(2, rows * cols), wave(3, rows * cols)];
    assertClose(inner(propagator.forward(x), y), inner(x, propagator.backward(y)));
    const sigma = [2.5 * resolution[0], 2 * resolution[1]] as const;
    const gaussian = Float64Array.from({ length: 2 * rows * cols }, (_, i) => {
      const [Y, X] = [(Math.floor(i / 2 / cols) - 20) * resolution[0], ((i >> 1) % cols - 16) * resolution[1]];
      const fresnel = -Math.PI * (Y * Y + X * X) / lz;
      const value = Math.exp(-Y * Y / (2 * sigma[0] ** 2) - X * X / (2 * sigma[1] ** 2));
      return value * (i % 2 === 0 ? Math.cos(fresnel) : Math.sin(fresnel));
    });
    const far = propagator.forward(gaussian);
    const along = (axis: 0 | 1, v: number) => {
      const norm = sigma[axis] * Math.sqrt(2 * Math.PI) / Math.sqrt(lz * resolution[axis] / psize[axis]);
      return norm * Math.exp(-2 * (Math.PI * sigma[axis] * v * psize[axis] / lz) ** 2);
    };
    const expected = (i: number) => along(0, Math.floor(i / cols) - 20.3) * along(1, i % cols - 16);
    // The tail that the grid cuts off is 1e-8 of the middle.
    for (let i = 0; i < rows * cols; i++) {
      assert.ok(
        Math.abs(Math.hypot(far[2 * i]!, far[2 * i + 1]!) - expected(i)) < 1e-7 * expected(20 * cols + 16),
        `${i}`,
      );
    }
  }
});

Deno.test("a plane wave through a square hole gives the sinc pattern with its first zero at lam z / width", () => {
  // Curvature 1.2e-3 rad over the hole: the pattern is Fraunhofer's.
  const geometry = createGeometry({ energy: 7.2, distance: 7.19, psize: 2e-5, shape: 64, propagation: "farfield" });
  const hole = new Float64Array(2 * 64 * 64);
  for (let y = 28; y < 36; y++) for (let x = 28; x < 36; x++) hole[2 * (y * 64 + x)] = 1;
  const far = createPropagator(geometry).forward(hole);
  const amplitude = (x: number) => Math.hypot(far[2 * (32 * 64 + x)]!, far[2 * (32 * 64 + x) + 1]!);
  assertClose([amplitude(32)], [1], 1e-4);
  for (const k of [8, 16, 24]) assert.ok(amplitude(32 + k) < 1e-2 && amplitude(32 - k) < 1e-2, `zero at ${k}`);
  const side = Math.abs(Math.sin(Math.PI * 12 / 8) / (8 * Math.sin(Math.PI * 12 / 64)));
  assertClose([amplitude(44)], [side], 1e-4);
});

Deno.test("the nearfield of a plane wave is the plane wave", () => {
  const geometry = createGeometry({
    energy: 7.2,
    distance: 1e-3,
    psize: 1e-7,
    shape: [9, 8],
    propagation: "nearfield",
  });
  const plane = Float64Array.from({ length: 144 }, (_, i) => i % 2 === 0 ? 2 : -1);
  assertClose(createPropagator(geometry).forward(plane), plane);
});

Deno.test("propagatorFactors() casts to the precision, and scales all energies where one has a misfit", () => {
  const geometry = createGeometry(FAR);
  const [single] = propagatorFactors([geometry], "single");
  const [double] = propagatorFactors([geometry], "double");
  assert.ok(single?.kind === "farfield" && double?.kind === "farfield");
  assert.ok(single.pre instanceof Float32Array && double.pre instanceof Float64Array);
  assert.deepEqual(single.post, Float32Array.from(double.post));
  const [first, second] = propagatorFactors([geometry, atEnergy(1.001)], "single");
  assert.ok(first?.kind === "scaled" && second?.kind === "scaled");
  assert.deepEqual([first.y.length, first.x.length, first.x instanceof Float32Array], [450, 288, true]);
  const near = createGeometry({ ...FAR, propagation: "nearfield", psize: 1e-7, distance: 1e-3 });
  assert.deepEqual(propagatorFactors([near, near], "double").map(({ kind }) => kind), ["nearfield", "nearfield"]);
});
