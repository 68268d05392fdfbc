/** Step scans of November 2016, written by h5py. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { nanomaxStepscanNov2016Params } from "../parameters/scandata/nanomax.ts";
import { nanomaxStepscanNov2016 } from "./nanomax_stepscan_nov_2016.ts";
import { assertNear, assertRefused, BEAMLINES, framesOf, openScan, rawFrame, withCopy } from "./testing.ts";

const CASE = {
  loader: nanomaxStepscanNov2016,
  schema: nanomaxStepscanNov2016Params,
  home: join(BEAMLINES, "nanomax"),
};
const FILES = {
  dataPath: ".",
  datafile: "master_7.h5",
  pilatusPath: "pilatus/",
  pilatusPattern: "scan_%04d_pil_%04d.hdf5",
  scannr: 7,
};

Deno.test("NanomaxStepscanNov2016 reads a file for each frame and positions -(samy, samx) in um", () => {
  using scan = openScan(CASE, FILES);
  assert.equal(scan.numFrames, 4);
  assert.deepEqual(framesOf(scan, 1, 4), [rawFrame(1), rawFrame(2), rawFrame(3)]);
  assertNear(scan.positions!, [-1e-6, -1e-5, -2e-6, -3e-5, -4e-6, 2e-5, -8e-6, -5e-6]);
  assert.equal(scan.weight, null);
});

Deno.test("NanomaxStepscanNov2016 takes the mask of maskfile", () => {
  using scan = openScan(CASE, { ...FILES, maskfile: "mask.h5" });
  assert.deepEqual([...scan.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [9, 28]);
});

const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  ["no master file", { ...FILES, datafile: null }, /data\.datafile: found None/],
  ["no number", { ...FILES, scannr: null }, /data\.scannr: found None/],
  ["the number of another scan", { ...FILES, scannr: 6 }, /no "entry6" in group "\/".*"entry7"/],
  ["no pattern", { ...FILES, pilatusPattern: null }, /data\.pilatusPattern: found None/],
  ["a pattern with one place", { ...FILES, pilatusPattern: "scan_%04d.hdf5" }, /expected places for 2 whole numbers/],
  ["another folder", { ...FILES, pilatusPath: "." }, /scan_0007_pil_0000\.hdf5": found no such file/],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`NanomaxStepscanNov2016 with ${what} is refused`, () => assertRefused(CASE, written, says));
}

Deno.test(
  "NanomaxStepscanNov2016 with a gap in the frame files is refused before a frame is read",
  withCopy("nanomax", (home) => {
    Deno.removeSync(join(home, "pilatus/scan_0007_pil_0002.hdf5"));
    assertRefused({ ...CASE, home }, FILES, /scan_0007_pil_0002\.hdf5": found no such file; did you mean/);
  }),
);

Deno.test(
  "NanomaxStepscanNov2016 with a truncated frame file is refused",
  withCopy("nanomax", (home) => {
    Deno.truncateSync(join(home, "pilatus/scan_0007_pil_0002.hdf5"), 2200);
    assertRefused({ ...CASE, home }, FILES, /pil_0002\.hdf5": found a truncated file of 2200 bytes/);
  }),
);
