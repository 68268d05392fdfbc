/** Wavelength, pixels and errors of geometries. */

import assert from "node:assert/strict";
import { ParameterError } from "./errors.ts";
import { createGeometry, type GeometryOptions } from "./geometry.ts";

const FAR: GeometryOptions = {
  energy: 7.2,
  distance: 7.19,
  psize: 2e-5,
  shape: [64, 32],
  propagation: "farfield",
  where: "scans.MF.data",
};

function pathsOf(options: GeometryOptions): string[] {
  try {
    createGeometry(options);
  } catch (e) {
    assert.ok(e instanceof ParameterError);
    return e.issues.map((i) => i.path);
  }
  return [];
}

Deno.test("createGeometry() gives the farfield resolution lam z / (N psize) per axis", () => {
  const g = createGeometry(FAR);
  assert.ok(Math.abs(g.lam / 1.7220026805555555e-10 - 1) < 1e-15);
  assert.ok(Math.abs(g.resolution[0] / 9.67281193e-7 - 1) < 1e-8);
  assert.ok(Math.abs(g.resolution[1] / g.resolution[0] - 2) < 1e-12);
  assert.deepEqual(g.misfit, [0, 0]);
});

Deno.test("createGeometry() finds psize from resolution and back", () => {
  const g = createGeometry({ ...FAR, psize: null, resolution: createGeometry(FAR).resolution });
  assert.ok(g.psize.every((p) => Math.abs(p / 2e-5 - 1) < 1e-14));
});

Deno.test("createGeometry() in the nearfield has one pixel size for both planes, and takes lam for energy", () => {
  const g = createGeometry({
    energy: null,
    lam: 1e-10,
    distance: 1e-4,
    psize: 1e-7,
    shape: 32,
    propagation: "nearfield",
  });
  assert.deepEqual([g.resolution, g.shape], [[1e-7, 1e-7], [32, 32]]);
  assert.ok(Math.abs(g.energy / 12.3984193 - 1) < 1e-14);
});

Deno.test("createGeometry() reports every unphysical number with its path", () => {
  assert.deepEqual(pathsOf({ ...FAR, energy: -7.2, distance: 0, psize: [2e-5, NaN], shape: [64, 0.5] }), [
    "scans.MF.data.energy",
    "scans.MF.data.distance",
    "scans.MF.data.shape",
    "scans.MF.data.psize",
  ]);
  assert.deepEqual(pathsOf({ ...FAR, energy: null }), ["scans.MF.data.energy"]);
  assert.deepEqual(pathsOf({ ...FAR, energy: null, lam: -1 }), ["scans.MF.data.lam"]);
  assert.deepEqual(pathsOf({ ...FAR, psize: null }), ["scans.MF.data.psize"]);
  assert.deepEqual(pathsOf({ ...FAR, center: "middle" }), ["scans.MF.data.center"]);
});

Deno.test("createGeometry() refuses numbers whose sample pixel no experiment has", () => {
  for (
    const absurd of [{ energy: 1e-300 }, { energy: 1e300 }, { distance: 1e12 }, { distance: 1e-12 }, { psize: 1e-30 }]
  ) {
    assert.deepEqual(pathsOf({ ...FAR, ...absurd }), ["scans.MF.data"]);
  }
});

Deno.test("createGeometry() refuses nearfield pixels that differ between planes or are finer than the wavelength", () => {
  assert.deepEqual(pathsOf({ ...FAR, propagation: "nearfield", resolution: 1e-7 }), ["scans.MF.data.resolution"]);
  assert.deepEqual(pathsOf({ ...FAR, propagation: "nearfield", psize: 1e-10 }), ["scans.MF.data.psize"]);
});
