/** Closed forms and errors of initial probes. */

import assert from "node:assert/strict";
import { DataError, ParameterError } from "./errors.ts";
import { type IlluminationOptions, type IlluminationPlane, initialProbe } from "./illumination.ts";
import { createRandom } from "./random.ts";

const APERTURE = {
  form: "circ",
  size: null,
  offset: 0,
  rotate: 0,
  edge: 2,
  central_stop: null,
  diffuser: null,
} as const;
const STILL = { focussed: null, parallel: null, spot_size: null };

function planeOf(change: Partial<IlluminationPlane> = {}): IlluminationPlane {
  return {
    layers: 1,
    shape: [64, 64],
    psize: [1e-7, 1e-7],
    energy: 7.2,
    model: null,
    random: createRandom(7),
    where: "scans.MF.illumination",
    ...change,
  };
}

function power(wave: Float64Array): number {
  return wave.reduce((sum, v) => sum + v * v, 0);
}

function issuePath(p: IlluminationOptions, plane: IlluminationPlane): string {
  try {
    initialProbe(p, plane);
  } catch (e) {
    assert.ok(e instanceof ParameterError);
    return e.issues[0]!.path;
  }
  return "no error";
}

Deno.test("photons are those of all layers together, before diversity", () => {
  assert.ok(Math.abs(power(initialProbe({ aperture: APERTURE, photons: 1e6 }, planeOf())) / 1e6 - 1) < 1e-12);
  assert.ok(Math.abs(power(initialProbe({ photons: 1e6 }, planeOf({ layers: 3 }))) / 1e6 - 1) < 1e-12);
  assert.equal(power(initialProbe({ photons: null }, planeOf())), 4096);
});

Deno.test("propagation keeps the photons that pass the aperture", () => {
  const open = initialProbe({ aperture: APERTURE, photons: null }, planeOf());
  const focussed = initialProbe(
    { aperture: { ...APERTURE, size: 4e-5 }, propagation: { ...STILL, focussed: 0.05 }, photons: null },
    planeOf(),
  );
  const parallel = initialProbe(
    { aperture: APERTURE, propagation: { ...STILL, parallel: 1e-4 }, photons: null },
    planeOf(),
  );
  // The grids of the aperture differ by half a pixel, so that its soft edge is sampled elsewhere.
  assert.ok(Math.abs(power(parallel) / power(open) - 1) < 1e-3);
  assert.ok(power(focussed) > 0);
});

Deno.test("the focus of a slit of width w has its zeros at lam f / w, spot_size sets the width", () => {
  const lam = 1.23984193e-9 / 7.2;
  const focus = 0.05;
  // Eight pixels of the lens, which are lam f / (64 * 1e-7 m) wide, so that zeros fall on every eighth pixel.
  const slit = 8 * lam * focus / 64e-7;
  const amplitudes = (size: number, spot_size: number | null) => {
    const aperture = { ...APERTURE, form: "rect", size: [1, size], edge: 0 } as const;
    const probe = initialProbe(
      { aperture, propagation: { ...STILL, focussed: focus, spot_size }, photons: 1 },
      planeOf(),
    );
    const row = probe.subarray(2 * 32 * 64, 2 * 33 * 64);
    return [32, 36, 40, 48, 24].map((x) => Math.hypot(row[2 * x]!, row[2 * x + 1]!));
  };
  const [middle, between, ...zeros] = amplitudes(slit, null);
  assert.ok(zeros.every((z) => z < 1e-10 * middle!), `zeros ${zeros} of ${middle}`);
  assert.ok(Math.abs(between! / middle! - 2 / Math.PI) < 0.02);
  const square = amplitudes(1, lam * focus / slit * 2 * Math.sqrt(Math.sqrt(2)));
  assert.ok(square.slice(2).every((z) => z < 1e-10 * square[0]!));
});

Deno.test("parallel propagation by -d undoes that by d", () => {
  const aperture = { ...APERTURE, offset: [1e-6, -5e-7] } as const;
  const open = initialProbe({ aperture, propagation: { ...STILL, parallel: 1e-9 }, photons: 1 }, planeOf());
  const there = initialProbe({ aperture, propagation: { ...STILL, parallel: 1e-4 }, photons: 1 }, planeOf());
  const model = { dtype: "complex128", shape: [64, 64], data: there } as const;
  const back = initialProbe({ propagation: { ...STILL, parallel: -1e-4 }, photons: 1 }, planeOf({ model }));
  // A nanometre on the way out puts the aperture on the same grid; its own phase is below 1e-5 rad.
  assert.ok(back.every((v, i) => Math.abs(v - open[i]!) < 1e-6));
  assert.ok(there.some((v, i) => Math.abs(v - open[i]!) > 1e-3));
});

Deno.test("an array is the incoming wave; its last layer is repeated", () => {
  const data = Float64Array.from({ length: 2 * 4 }, (_, i) => i + 1);
  const probe = initialProbe(
    { photons: null },
    planeOf({ shape: [1, 2], layers: 3, model: { dtype: "complex128", shape: [2, 1, 2], data } }),
  );
  assert.deepEqual([...probe], [1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8]);
  const real = initialProbe(
    { photons: null },
    planeOf({ shape: [1, 2], model: { dtype: "int64", shape: [1, 2], data: BigInt64Array.of(3n, 4n) } }),
  );
  assert.deepEqual([...real], [3, 0, 4, 0]);
});

Deno.test("errors name the parameter: wrong shape, nothing passes, no photons, unphysical propagation", () => {
  const model = { dtype: "float64", shape: [3, 4], data: new Float64Array(12).fill(1) } as const;
  assert.equal(issuePath({ photons: 1 }, planeOf({ model })), "scans.MF.illumination.model");
  const away = { ...APERTURE, offset: 1, edge: 0.1 };
  assert.equal(issuePath({ aperture: away, photons: 1 }, planeOf()), "scans.MF.illumination.aperture.offset");
  const dark = { dtype: "float64", shape: [64, 64], data: new Float64Array(4096) } as const;
  assert.equal(issuePath({ photons: 1 }, planeOf({ model: dark })), "scans.MF.illumination");
  for (const antialiasing of [0.5, NaN, 1e5]) {
    assert.equal(
      issuePath({ propagation: { ...STILL, antialiasing }, photons: 1 }, planeOf()),
      "scans.MF.illumination.propagation.antialiasing",
    );
  }
  assert.equal(
    issuePath(
      { propagation: { ...STILL, parallel: 1e-6, antialiasing: 4 }, photons: 1 },
      planeOf({ psize: [2e-10, 2e-10] }),
    ),
    "scans.MF.illumination.propagation.antialiasing",
  );
  assert.equal(issuePath({ photons: 0 }, planeOf()), "scans.MF.illumination.photons");
  assert.equal(
    issuePath({ propagation: { ...STILL, focussed: -1 }, photons: 1 }, planeOf()),
    "scans.MF.illumination.propagation.focussed",
  );
});

Deno.test("NaN in an array is a DataError", () => {
  const model = { dtype: "float64", shape: [1, 1], data: Float64Array.of(NaN) } as const;
  assert.throws(() => initialProbe({ photons: 1 }, planeOf({ shape: [1, 1], model })), DataError);
});
