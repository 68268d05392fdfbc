/** CXI files of the ALS, written by h5py. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { als5321ScanParams } from "../parameters/scandata/als_5321_scan.ts";
import { als5321 } from "./als_5321.ts";
import {
  assertNear,
  assertRefused,
  BEAMLINES,
  framesOf,
  openScan,
  prepareCase,
  rawFrame,
  withCopy,
} from "./testing.ts";

const CASE = { loader: als5321, schema: als5321ScanParams, home: BEAMLINES };
const FILES = { dataPath: "als", dataile: "scan.cxi", maskfile: "mask.h5" };

Deno.test("ALS5321Scan reads frames by range, positions as (y, x) and the mask", () => {
  using scan = openScan(CASE, FILES);
  assert.equal(scan.numFrames, 4);
  assert.deepEqual(framesOf(scan, 1, 3), [rawFrame(1), rawFrame(2)]);
  assertNear(scan.positions!, [1e-6, 1e-5, 2e-6, 3e-5, 4e-6, -2e-5, 8e-6, 5e-6]);
  assert.deepEqual([...scan.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [9, 28]);
});

Deno.test("ALS5321Scan takes distance and pixel size (y, x) from the file, energy from its default", () => {
  const { meta } = prepareCase(CASE, { ...FILES, shape: 4 });
  assert.deepEqual([meta.distance, meta.psize, meta.energy], [0.121, [2e-5, 3e-5], 0.82]);
  assert.equal(prepareCase(CASE, { ...FILES, shape: 4, distance: 0.2 }).meta.distance, 0.2);
});

Deno.test("ALS5321Scan reads what CXI_PATHS names, and needs no mask", () => {
  const CXI_PATHS = { CXI_PSIZES: Array(2).fill("entry_1/instrument_1/detector_1/distance") };
  using scan = openScan(CASE, { dataPath: "als/", dataile: "scan.cxi", CXI_PATHS });
  assert.deepEqual([scan.found.psize, scan.weight], [[0.121, 0.121], null]);
});

const paths = (CXI_PATHS: Record<string, unknown>) => ({ ...FILES, CXI_PATHS });
const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  ["no file", { dataPath: "als" }, /scans\.S\.data\.dataile: found None/],
  ["a missing file", { ...FILES, dataile: "scam.cxi" }, /found no such file; did you mean "scan\.cxi"/],
  ["missing frames", paths({ CXI_DATA_PATH: "entry_1/data_1/dat" }), /no "dat" in group "\/entry_1\/data_1".*"data"/],
  [
    "frames of two axes",
    paths({ CXI_DATA_PATH: "entry_1/data_1/translation" }),
    /found shape \(4, 3\), expected \(frame, y, x\)/,
  ],
  ["missing positions", paths({ CXI_POS_PATH: "entry_1/data_1/translations" }), /did you mean "translation"/],
  ["positions of three axes", paths({ CXI_POS_PATH: "entry_1/data_1/data" }), /expected \(position, 2\)/],
  ["one pixel size", paths({ CXI_PSIZES: ["a"] }), /CXI_PSIZES: found 1 names, expected two/],
  ["a mask of another shape", paths({ CXI_MASK_PATH: "short" }), /found shape \(4, 7\), expected \(5, 7\)/],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`ALS5321Scan with ${what} is refused`, () => assertRefused(CASE, written, says));
}

Deno.test(
  "ALS5321Scan with a truncated file is refused",
  withCopy("als", (home) => {
    Deno.truncateSync(join(home, "scan.cxi"), 4000);
    assertRefused({ ...CASE, home }, { ...FILES, dataPath: "." }, /truncated file of 4000 bytes/);
  }),
);
