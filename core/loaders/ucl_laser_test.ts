/** Files of the laser laboratory of UCL, written by h5py. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { uclLaserScanParams } from "../parameters/scandata/ucl_laser_scan.ts";
import {
  assertNear,
  assertRefused,
  BEAMLINES,
  darkAt,
  FRAME,
  framesOf,
  gainAt,
  openScan,
  prepareCase,
  rawFrame,
  withCopy,
} from "./testing.ts";
import { uclLaser } from "./ucl_laser.ts";

const CASE = { loader: uclLaser, schema: uclLaserScanParams, home: join(BEAMLINES, "ucl") };
const FILES = { scan_number: 12 };

Deno.test("UCLLaserScan reads frames of the first detector with data, and positions in mm", () => {
  using scan = openScan(CASE, FILES);
  assert.equal(scan.numFrames, 4);
  assert.deepEqual(framesOf(scan, 1, 4), [rawFrame(1), rawFrame(2), rawFrame(3)]);
  assertNear(scan.positions!, [1e-6, 1e-5, 2e-6, 3e-5, 4e-6, -2e-5, 8e-6, 5e-6]);
});

Deno.test("UCLLaserScan reads the detector that is named, here upside down", () => {
  using scan = openScan(CASE, { ...FILES, detector_name: "pco", base_path: "." });
  const rows = Array.from({ length: 5 }, (_, y) => rawFrame(2).slice(7 * y, 7 * y + 7));
  assert.deepEqual(framesOf(scan, 2, 3), [rows.reverse().flat()]);
});

Deno.test("UCLLaserScan takes positions from motors where there are no others", () => {
  using scan = openScan(CASE, { scan_number: 10, motors: ["t1_sy", "t1_sx"], motors_multiplier: 1 });
  assert.deepEqual([...scan.positions!], [7, 5, 9, 6]);
});

Deno.test("UCLLaserScan turns lam and z into energy and distance, unless those are written", () => {
  const written = { ...FILES, lam: 6.5e-7, z: 0.158, shape: 4 };
  const { meta } = prepareCase(CASE, written);
  assert.ok(Math.abs(meta.energy / (1.23984193e-9 / 6.5e-7) - 1) < 1e-12);
  assert.equal(meta.distance, 0.158);
  assertRefused(CASE, { ...written, energy: 0.002 }, /data\.lam: found lam beside energy = 0\.002/);
  assertRefused(CASE, { ...written, distance: 0.2 }, /data\.z: found z beside distance = 0\.2/);
});

Deno.test("UCLLaserScan subtracts the mean dark frame and divides by the mean flat frame", () => {
  using both = openScan(CASE, { ...FILES, dark_number: 10, flat_number: 11 });
  assertNear(framesOf(both, 2, 3)[0]!, rawFrame(2).map((v, i) => (v - darkAt(i)) / gainAt(i)));
  using dark = openScan(CASE, { ...FILES, dark_number: 10 });
  assertNear(framesOf(dark, 0, 1)[0]!, rawFrame(0).map((v, i) => Math.max(0, v - darkAt(i))));
  using flat = openScan(CASE, { ...FILES, flat_number: 11 });
  assertNear(framesOf(flat, 1, 2)[0]!, rawFrame(1).map((v, i) => v / (darkAt(i) + gainAt(i))));
});

Deno.test("UCLLaserScan removes hot pixels", () => {
  const written = { scan_number: 13, positions_theory: [[0, 0]] };
  const hot = [2 * 7 + 4, 6];
  const at = (remove_hot_pixels: Record<string, unknown>) => {
    using scan = openScan(CASE, { ...written, remove_hot_pixels });
    return framesOf(scan, 0, 1)[0]!.flatMap((v, i) => v === 10 ? [] : [i]);
  };
  assert.deepEqual(at({ apply: false }), hot.toSorted((a, b) => a - b));
  assert.deepEqual(at({ apply: true, tolerance: 2 }), []);
  assert.deepEqual(at({ apply: true, tolerance: 2, ignore_edges: true }), [6]);
  // 5000 is 4.2 and 4000 is 3.3 standard deviations large.
  assert.deepEqual(at({ apply: true, tolerance: 4 }), [6]);
});

Deno.test("UCLLaserScan deconvolves by Gaussians or by a file", () => {
  const at = (rl: Record<string, unknown>) => {
    using scan = openScan(CASE, { ...FILES, rl_deconvolution: { apply: true, ...rl } });
    return framesOf(scan, 1, 2)[0]!;
  };
  // Nothing to undo: a transfer function of 1, and a point. FFTs round to 1e-12 of the largest count.
  const unchanged = (found: number[]) => found.every((v, i) => Math.abs(v - rawFrame(1)[i]!) < 1e-8);
  assert.ok(unchanged(at({ dfile: "mtf.npy" })));
  assert.ok(unchanged(at({ gaussians: { g1: { std_x: 0, std_y: 0 } } })));
  const [wide, tall] = [
    at({ gaussians: { g1: { std_x: 2, std_y: 0 } } }),
    at({ gaussians: { g1: { std_x: 0, std_y: 2 } } }),
  ];
  // Rows differ by 100, columns by 1: what is sharpened along columns moves more.
  const change = (found: number[]) => Math.max(...found.map((v, i) => Math.abs(v - rawFrame(1)[i]!)));
  assert.ok(change(wide) > 1 && change(tall) > 10 * change(wide), `${change(wide)}, ${change(tall)}`);
  const total = (values: number[]) => values.reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(total(tall) / total(rawFrame(1)) - 1) < 1e-9);
});

Deno.test("UCLLaserScan with use_EP is the flat frame less the dark, alone at (0, 0)", () => {
  using scan = openScan(CASE, { ...FILES, dark_number: 10, flat_number: 11, use_EP: true });
  assert.equal(scan.numFrames, 1);
  assert.deepEqual([...scan.positions!], [0, 0]);
  assertNear(framesOf(scan, 0, 1)[0]!, Array.from({ length: FRAME[0] * FRAME[1] }, (_, i) => gainAt(i)));
});

Deno.test("UCLLaserScan takes the mask", () => {
  using scan = openScan(CASE, { ...FILES, mask_file: "mask.h5" });
  assert.deepEqual([...scan.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [9, 28]);
});

const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  ["no number", { scan_number: null }, /data\.scan_number: found None/],
  ["another number", { scan_number: 99 }, /raw\/000099": found no such file/],
  ["a detector that is not there", { detector_name: "andro" }, /no "andro" in group "\/entry\/instrument".*"andor"/],
  ["no metadata", { scan_number: 13 }, /000013_metadata\.h5": found no such file/],
  ["motors that are missing", { scan_number: 10, motors: ["x", "y"] }, /found no "positions".*there are "t1_sx"/],
  ["use_EP without flat frames", { use_EP: true }, /data\.flat_number: found None/],
  ["a hot pixel window of 1", { remove_hot_pixels: { apply: true, size: 1 } }, /remove_hot_pixels\.size: found 1/],
  [
    "a dark frame of another shape",
    { dark_number: 14 },
    /dark frame .*000014": found shape \(5, 6\), expected \(5, 7\)/,
  ],
  ["a negative deviation", { rl_deconvolution: { apply: true, gaussians: { g2: { std_x: -1 } } } }, /gaussians\.g2/],
  [
    "fewer than no iterations",
    { rl_deconvolution: { apply: true, numiter: -1 } },
    /rl_deconvolution\.numiter: found -1/,
  ],
  [
    "a transfer function of another shape",
    { rl_deconvolution: { apply: true, dfile: "raw/000014/000014_0001.nxs:/entry/instrument/andor/data" } },
    /found float64 of \(1, 5, 6\), expected real numbers of \(5, 7\)/,
  ],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`UCLLaserScan with ${what} is refused`, () => {
    assertRefused(CASE, { ...FILES, energy: 0.0019, ...written }, says);
  });
}

Deno.test(
  "UCLLaserScan with a gap in the numbers is refused",
  withCopy("ucl", (home) => {
    Deno.removeSync(join(home, "raw/000012/000012_0001.nxs"));
    assertRefused({ ...CASE, home }, FILES, /000012_0001\.nxs": found no such file/);
  }),
);

Deno.test(
  "UCLLaserScan with a truncated frame file is refused",
  withCopy("ucl", (home) => {
    Deno.truncateSync(join(home, "raw/000012/000012_0003.nxs"), 2100);
    assertRefused({ ...CASE, home }, { ...FILES, energy: 0.0019 }, /000012_0003\.nxs": found a truncated file/);
  }),
);
