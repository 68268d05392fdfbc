/** Volumes, reciprocity, coordinates and errors of the Bragg geometry. */

import assert from "node:assert/strict";
import { ParameterError } from "../errors.ts";
import { createBraggPropagator } from "../propagators/bragg.ts";
import { assertClose, ROUNDING, seededNumbers } from "../../kernels/testing.ts";
import {
  type BraggOptions,
  createBraggGeometry,
  toNatural,
  toNaturalReciprocal,
  toOrthogonal,
  toOrthogonalReciprocal,
  type Triple,
  voxelVolume,
} from "./geometry.ts";
import { skewToOrthogonal } from "./skew.ts";

const OPTIONS: BraggOptions = {
  energy: 8.5,
  distance: 2,
  psize: [50e-6, 70e-6],
  shape: [9, 16, 20],
  theta_bragg: 22.32,
  rocking_step: 0.0025,
};
const GEOMETRY = createBraggGeometry(OPTIONS);
const [R3, R1, R2] = GEOMETRY.resolution;
const [Q3, Q1, Q2] = GEOMETRY.dq;

Deno.test("steps in the crystal are conjugate to those in reciprocal space: n q . r is 2 pi along one axis, 0 across", () => {
  const real = [[R3, 0, 0], [0, R1, 0], [0, 0, R2]].map((r) => toOrthogonal(r as unknown as Triple, GEOMETRY));
  const reciprocal = [[Q3, 0, 0], [0, Q1, 0], [0, 0, Q2]].map((q) => {
    return toOrthogonalReciprocal(q as unknown as Triple, GEOMETRY);
  });
  for (const [i, q] of reciprocal.entries()) {
    for (const [j, r] of real.entries()) {
      const product = GEOMETRY.shape[i]! * (q[0] * r[0] + q[1] * r[1] + q[2] * r[2]);
      assertClose([product, 1], [i === j ? 2 * Math.PI : 0, 1], ROUNDING);
    }
  }
});

Deno.test("voxelVolume() is the determinant of the axes, and (2 pi)^3 over the volume of reciprocal space", () => {
  const [a, b] = [toOrthogonal([R3, 0, 0], GEOMETRY), toOrthogonal([0, R1, 0], GEOMETRY)];
  assertClose([voxelVolume(GEOMETRY)], [(a[0] * b[1] - a[1] * b[0]) * R2], ROUNDING);
  const [p, q] = [toOrthogonalReciprocal([Q3, 0, 0], GEOMETRY), toOrthogonalReciprocal([0, Q1, 0], GEOMETRY)];
  const block = (p[0] * q[1] - p[1] * q[0]) * Q2 * GEOMETRY.shape.reduce((n, side) => n * side, 1);
  assertClose([voxelVolume(GEOMETRY) * block], [(2 * Math.PI) ** 3], ROUNDING);
});

Deno.test("at a small Bragg angle a frame has the pixels of the far field", () => {
  const flat = createBraggGeometry({ ...OPTIONS, theta_bragg: 1e-4 });
  const reach = flat.lam * flat.distance;
  // cos(1e-4 degrees) is 1 to 2e-12.
  assertClose(flat.resolution.slice(1), [reach / (16 * 50e-6), reach / (20 * 70e-6)], 1e-11);
});

Deno.test("toNatural() and toNaturalReciprocal() undo what toOrthogonal() and toOrthogonalReciprocal() do", () => {
  const point = [...seededNumbers(3, 3)] as unknown as Triple;
  assertClose(toNatural(toOrthogonal(point, GEOMETRY), GEOMETRY), point, ROUNDING);
  assertClose(toNaturalReciprocal(toOrthogonalReciprocal(point, GEOMETRY), GEOMETRY), point, ROUNDING);
});

Deno.test("skewToOrthogonal() puts each element on the pixel nearest to its orthogonal coordinates", () => {
  const grid = { shape: [5, 12, 2], psize: [2e-7, 6e-8, 3e-8], theta_bragg: 30 } as const;
  const volume = new Float64Array(2 * 5 * 12 * 2);
  // Two planes from the middle, which is 2 * 2e-7 * sin(30 degrees) = 3.33 pixels of z.
  volume[2 * ((4 * 12 + 5) * 2 + 1)] = 1;
  // The last row of the same plane leaves the volume.
  volume[2 * ((4 * 12 + 11) * 2 + 1)] = 7;
  const { data, psize } = skewToOrthogonal(volume, grid);
  assert.equal(data.reduce((n, v) => n + (v === 0 ? 0 : 1), 0), 1);
  assert.equal(data[2 * ((4 * 12 + 8) * 2 + 1)], 1);
  assertClose(psize, [2e-7 * Math.sqrt(3) / 2, 6e-8, 3e-8], ROUNDING);
});

for (const shape of [[3, 4, 6], [5, 3, 7]] as const) {
  const size = shape[0] * shape[1] * shape[2];
  const wave = seededNumbers(2 * size, 5);
  const power = (w: Float64Array) => w.reduce((sum, v) => sum + v * v, 0);

  Deno.test(`createBraggPropagator(${shape}) keeps the power times the elements (Parseval)`, () => {
    assertClose([power(createBraggPropagator(shape).forward(wave))], [size * power(wave)], ROUNDING);
  });

  Deno.test(`createBraggPropagator(${shape}) has its inverse, and reciprocal zero in the middle`, () => {
    const propagator = createBraggPropagator(shape);
    assertClose(propagator.backward(propagator.forward(wave)), wave, ROUNDING);
    const flat = propagator.forward(new Float64Array(2 * size).fill(1));
    const [z, y, x] = shape.map((n) => Math.floor(n / 2)) as [number, number, number];
    assertClose([flat[2 * ((z * shape[1] + y) * shape[2] + x)]!], [size], ROUNDING);
  });
}

const WRONG: readonly [change: Partial<BraggOptions>, path: string][] = [
  [{ theta_bragg: 0 }, "scans.A.data.theta_bragg"],
  [{ theta_bragg: 90 }, "scans.A.data.theta_bragg"],
  [{ rocking_step: 0 }, "scans.A.data.rocking_step"],
  [{ rocking_step: 10 }, "scans.A.data.rocking_step"],
  [{ shape: [0, 16, 16] }, "scans.A.data.n_rocking_positions"],
  [{ energy: -1 }, "scans.A.data.energy"],
  [{ distance: 0 }, "scans.A.data.distance"],
  [{ psize: NaN }, "scans.A.data.psize"],
];
for (const [change, path] of WRONG) {
  Deno.test(`createBraggGeometry() refuses ${JSON.stringify(change)} by its path`, () => {
    assert.throws(
      () => createBraggGeometry({ ...OPTIONS, ...change, where: "scans.A.data" }),
      (e: unknown) => e instanceof ParameterError && e.issues.some((issue) => issue.path === path),
    );
  });
}
