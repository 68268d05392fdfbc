/** The simulated scan: its positions, its photons and its truth. */

import { allDiffraction } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import { isPtychoError } from "../errors.ts";
import { type MoonFlowerScanParams, moonFlowerScanParams } from "../parameters/scandata/moon_flower_scan.ts";
import { prepareScan } from "../preparation/prepare.ts";
import { silentServices } from "../preparation/testing.ts";
import { createRandom } from "../random.ts";
import { moonFlower, simulateMoonFlower } from "./moon_flower.ts";

function params(given: Record<string, unknown> = {}): MoonFlowerScanParams {
  return moonFlowerScanParams.parse({ name: "MoonFlowerScan", shape: 32, num_frames: 12, ...given });
}

function values(p: MoonFlowerScanParams): Float64Array {
  const { scan } = simulateMoonFlower(p);
  return scan.frames(0, scan.numFrames).data.data as Float64Array;
}

for (const [asked, made] of [[100, 92], [112, 112], [60, 60]]) {
  Deno.test(`simulateMoonFlower() of ${asked} frames makes ${made}, as PtyPy 0.4 does`, () => {
    assert.equal(simulateMoonFlower(params({ num_frames: asked })).scan.numFrames, made);
  });
}

Deno.test("simulateMoonFlower() of model raster fills a grid of round(sqrt(n)) + 1 columns, row by row", () => {
  const { scan, truth } = simulateMoonFlower(params({ num_frames: 16, model: "raster" }));
  const spacing = truth.resolution[0] * 32 * 0.2;
  const steps = Array.from(scan.positions!, (metres) => Math.round(metres / spacing));
  assert.deepEqual(steps, Array.from({ length: 16 }, (_, i) => [Math.floor(i / 5), i % 5]).flat());
});

Deno.test("simulateMoonFlower() keeps the photons of probe times view (Parseval), cut off below", () => {
  const { scan, truth } = simulateMoonFlower(params({ photons: 1e9 }));
  const frame = 7;
  const pattern = scan.frames(frame, frame + 1).data.data as Float64Array;
  let exit = 0;
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      const i = 2 * (y * 32 + x);
      const view = (truth.origins[2 * frame]! + y) * truth.object.shape[1]! + truth.origins[2 * frame + 1]! + x;
      const probe = truth.probe.data[i]! ** 2 + truth.probe.data[i + 1]! ** 2;
      exit += probe * (truth.object.data[2 * view]! ** 2 + truth.object.data[2 * view + 1]! ** 2);
    }
  }
  const sum = pattern.reduce((a, b) => a + b, 0);
  assert.ok(sum <= exit && sum > exit - 32 * 32, `${sum} of ${exit}`);
  assert.ok(pattern.every(Number.isInteger));
});

Deno.test("simulateMoonFlower() normalises the probe to the photons asked for", () => {
  const probe = simulateMoonFlower(params({ photons: 3e6 })).truth.probe.data as Float64Array;
  const sum = probe.reduce((a, b) => a + b * b, 0);
  assert.ok(Math.abs(sum / 3e6 - 1) < 1e-12);
});

Deno.test("simulateMoonFlower() places views at positions over resolution, from pixel 10, and inside the object", () => {
  const { scan, truth } = simulateMoonFlower(params());
  const rows = truth.origins.filter((_, i) => i % 2 === 0);
  const cols = truth.origins.filter((_, i) => i % 2 === 1);
  assert.deepEqual([Math.min(...rows), Math.min(...cols)], [10, 10]);
  assert.deepEqual(truth.object.shape, [Math.max(...rows) + 10 + 32, Math.max(...cols) + 10 + 32]);
  for (let i = 2; i < truth.origins.length; i++) {
    const metres = scan.positions![i]! - scan.positions![i % 2]!;
    const pixels = truth.origins[i]! - truth.origins[i % 2]!;
    assert.ok(Math.abs(metres / truth.resolution[i % 2]! - pixels) <= 1);
  }
});

Deno.test("simulateMoonFlower() with psf blurs: the same photons, a lower peak", () => {
  const p = { num_frames: 1, photons: 1e10 };
  const [sharp, blurred] = [values(params(p)), values(params({ ...p, psf: 1.5 }))];
  const total = (a: Float64Array) => a.reduce((x, y) => x + y, 0);
  assert.ok(Math.abs(total(blurred) / total(sharp) - 1) < 1e-3);
  assert.ok(Math.max(...blurred) < 0.9 * Math.max(...sharp));
});

Deno.test("simulateMoonFlower() gives the same frames whole or in parts", () => {
  const { scan } = simulateMoonFlower(params());
  const whole = scan.frames(0, 5).data.data as Float64Array;
  const part = scan.frames(3, 5).data.data as Float64Array;
  assert.deepEqual(part, whole.slice(3 * 32 * 32));
});

Deno.test("add_poisson_noise draws each pixel once from the intensity that is not cut off", () => {
  const options = { label: "MF", written: new Set<string>(), precision: "double" as const, now: new Date(0) };
  const p = params({ add_poisson_noise: true, num_frames: 5, photons: 1e5 });
  const noisy = prepareScan(moonFlower, p, { ...options, services: silentServices({ random: createRandom(7) }) });
  const means = values(p);
  const random = createRandom(7);
  assert.deepEqual(allDiffraction(noisy.measured), means.map((mean) => random.poisson(mean)));
  assert.ok(means.some((mean) => !Number.isInteger(mean)));
});

Deno.test("simulateMoonFlower() refuses what cannot be simulated, all at once", () => {
  const bad = [
    { given: { shape: null, num_frames: null, density: 0 }, issues: ["shape", "num_frames", "density"] },
    { given: { photons: 0, psf: -1 }, issues: ["photons", "psf"] },
    { given: { energy: 0, distance: 0 }, issues: ["energy", "distance"] },
  ];
  for (const { given, issues } of bad) {
    assert.throws(() => simulateMoonFlower(params(given)), (e) => {
      assert.ok(isPtychoError(e, "ParameterError"), String(e));
      const paths = (e.fields.issues as { path: string }[]).map((issue) => issue.path);
      assert.deepEqual(paths, issues.map((name) => `scans.*.data.${name}`));
      return true;
    });
  }
});
