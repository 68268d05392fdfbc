/** Files of DiProI, written by h5py. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { diproiFermiScanParams } from "../parameters/scandata/diproi_fermi_scan.ts";
import { diproiFermi } from "./diproi_fermi.ts";
import {
  assertNear,
  assertRefused,
  BEAMLINES,
  darkAt,
  framesOf,
  gainAt,
  openScan,
  rawFrame,
  withCopy,
} from "./testing.ts";

const CASE = { loader: diproiFermi, schema: diproiFermiScanParams, home: join(BEAMLINES, "diproi") };
const FILES = { base_path: ".", run_ID: "Scan018", scan_name: "Cycle001" };
const RAW = "imported/Scan018/Cycle001/rawdata";

Deno.test("DiProIFERMIScan reads the frames asked for, 9 before 10, and positions (SampleX, SampleY) in mm", () => {
  using scan = openScan(CASE, FILES);
  assert.equal(scan.numFrames, 4);
  assert.deepEqual(framesOf(scan, 1, 4), [rawFrame(1), rawFrame(2), rawFrame(3)]);
  assertNear(scan.positions!, [1e-3, 1e-2, 2e-3, 3e-2, 4e-3, -2e-2, 8e-3, 5e-3]);
});

Deno.test("DiProIFERMIScan takes motors in the order that they are named", () => {
  using scan = openScan(CASE, { ...FILES, motors: ["sample_y", "sample_x"], motors_multiplier: 1e-6 });
  assertNear(scan.positions!.slice(2, 6), [3e-5, 2e-6, -2e-5, 4e-6]);
});

Deno.test("DiProIFERMIScan takes refined positions in metres, unscaled", () => {
  using scan = openScan(CASE, { ...FILES, use_refined_positions: true });
  assertNear(scan.positions!, [1e-6, 1e-5, 2e-6, 3e-5, 4e-6, -2e-5, 8e-6, 5e-6]);
});

Deno.test("DiProIFERMIScan takes the mask", () => {
  using scan = openScan(CASE, { ...FILES, mask_file: "mask.h5" });
  assert.deepEqual([...scan.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [9, 28]);
});

const CORRECTIONS: readonly [string, Record<string, unknown>, (value: number, pixel: number) => number][] = [
  ["subtracts dark_value", { dark_subtraction: true, dark_value: 50 }, (v) => Math.max(0, v - 50)],
  [
    "subtracts the mean dark frame",
    { dark_subtraction: true, dark_name: "Dark" },
    (v, i) => Math.max(0, v - darkAt(i)),
  ],
  [
    "divides by the flat field",
    { flat_division: true, detector_flat_file: "flat.h5" },
    (v, i) => v / (darkAt(i) + gainAt(i)),
  ],
  [
    "does both",
    { flat_division: true, detector_flat_file: "flat.h5", dark_subtraction: true, dark_name: "Dark" },
    (v, i) => Math.max(0, v - darkAt(i)) / gainAt(i),
  ],
];
for (const [what, written, expected] of CORRECTIONS) {
  Deno.test(`DiProIFERMIScan ${what}`, () => {
    using scan = openScan(CASE, { ...FILES, ...written });
    assertNear(framesOf(scan, 1, 2)[0]!, rawFrame(1).map(expected));
    assertNear(framesOf(scan, 0, 1)[0]!, rawFrame(0).map(expected));
  });
}

const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  ["no base_path", { base_path: null }, /data\.base_path: found None/],
  ["no run_ID", { run_ID: null }, /data\.run_ID: found None.*h5_file_pattern/],
  ["another run", { run_ID: "Scan019" }, /rawdata.*found no such file/],
  ["a flat field without a file", { flat_division: true }, /data\.detector_flat_file: found None/],
  ["three motors", { motors: ["a", "b", "c"] }, /data\.motors: found 3 names/],
  ["a motor that is missing", { motors: ["sample_x", "sample_z"] }, /no "SampleZ" in group "\/DPI".*"SampleX"/],
  [
    "a folder without dark frames",
    { dark_subtraction: true, dark_name: "Cycle001" },
    /no files that begin with "Dark"/,
  ],
  ["a pattern that names nothing known", { h5_file_pattern: "%(run)s" }, /h5_file_pattern: .*found %\(run\)/],
  [
    "a flat field of another shape",
    { flat_division: true, detector_flat_file: "small_flat.h5" },
    /flat field ".*small_flat\.h5:flat": found shape \(5, 6\), expected \(5, 7\)/,
  ],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`DiProIFERMIScan with ${what} is refused`, () => assertRefused(CASE, { ...FILES, ...written }, says));
}

Deno.test(
  "DiProIFERMIScan with a gap in the numbers is refused",
  withCopy("diproi", (home) => {
    Deno.removeSync(join(home, RAW, "S018_10.hdf"));
    assertRefused({ ...CASE, home }, FILES, /found "S018_11\.hdf" after "S018_9\.hdf", expected number 10/);
  }),
);

Deno.test(
  "DiProIFERMIScan with a truncated frame file is refused",
  withCopy("diproi", (home) => {
    Deno.truncateSync(join(home, RAW, "S018_10.hdf"), 1000);
    assertRefused({ ...CASE, home }, FILES, /S018_10\.hdf": found a truncated file/);
  }),
);

Deno.test(
  "DiProIFERMIScan takes numbers of shots, which do not count up",
  withCopy("diproi", (home) => {
    for (const [i, shot] of [1000, 1250, 1261, 1900].entries()) {
      Deno.renameSync(join(home, RAW, `S018_${i + 8}.hdf`), join(home, RAW, `S018_${shot}.hdf`));
    }
    using scan = openScan({ ...CASE, home }, FILES);
    assert.deepEqual(framesOf(scan, 3, 4), [rawFrame(3)]);
  }),
);
