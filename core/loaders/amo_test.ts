/** Files of hummingbird, written by h5py. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openPtyd } from "../formats/ptyd.ts";
import { writeHdf5 } from "../formats/hdf5_writer.ts";
import { amoScanParams } from "../parameters/scandata/amo_scan.ts";
import { amo } from "./amo.ts";
import {
  assertNear,
  assertRefused,
  BEAMLINES,
  darkAt,
  framesOf,
  gainAt,
  openScan,
  prepareCase,
  rawFrame,
  withCopy,
} from "./testing.ts";

const CASE = { loader: amo, schema: amoScanParams, home: join(BEAMLINES, "amo") };
const FILES = { data_file: "scan.h5", mask_file: "mask.h5" };

Deno.test("AMOScan reads photons by range, positions (posy, posx) in mm, and the mask", () => {
  using scan = openScan(CASE, FILES);
  assert.equal(scan.numFrames, 4);
  assert.deepEqual(framesOf(scan, 1, 3), [rawFrame(1), rawFrame(2)]);
  assertNear(scan.positions!, [1e-3, 1e-2, 2e-3, 3e-2, 4e-3, -2e-2, 8e-3, 5e-3]);
  assert.deepEqual([...scan.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [9, 28]);
});

Deno.test("AMOScan takes motors_multiplier 1e-6 for CXI", () => {
  using scan = openScan(CASE, { ...FILES, motors_multiplier: 1e-6 });
  assertNear(scan.positions!.slice(4, 6), [4e-6, -2e-5]);
});

Deno.test("AMOScan sets pixels below threshold_correct to 0", () => {
  using scan = openScan(CASE, { ...FILES, threshold_correct: 102 });
  assert.deepEqual(framesOf(scan, 0, 1)[0], rawFrame(0).map((v) => v < 102 ? 0 : v));
});

Deno.test("AMOScan subtracts the mean dark frame and divides by the flat field less the dark", () => {
  using dark = openScan(CASE, { ...FILES, dark_file: "dark.h5" });
  assert.deepEqual(framesOf(dark, 3, 4)[0], rawFrame(3).map((v, i) => v - darkAt(i)));
  using both = openScan(CASE, { ...FILES, dark_file: "dark.h5", flat_file: "flat.h5" });
  const expected = rawFrame(0).map((v, i) => Math.max(0, v - darkAt(i)) / gainAt(i));
  assert.deepEqual(framesOf(both, 0, 1)[0], expected);
  assert.equal(expected[0], 0); // The first pixel has 1 count and a dark of 2.
  using flat = openScan(CASE, { ...FILES, flat_file: "flat.h5" });
  assertNear(framesOf(flat, 2, 3)[0]!, rawFrame(2).map((v, i) => v / (darkAt(i) + gainAt(i))));
});

Deno.test(
  "AMOScan saves under the number of the scan, and keeps number and date",
  withCopy("amo", (home) => {
    const written = { ...FILES, scan_number: 17, date: "2013-11-21", save: "append", dfile: "out.ptyd", shape: 4 };
    prepareCase({ ...CASE, home }, written);
    using saved = openPtyd(join(home, "out.ptyd"));
    assert.deepEqual([saved.meta.label, saved.info.scan_number, saved.info.date], ["17", 17, "2013-11-21"]);
  }),
);

Deno.test("AMOScan without data_file is refused", () => {
  assertRefused(CASE, {}, /scans\.S\.data\.data_file: found None/);
});

Deno.test("AMOScan with a dark frame of another shape is refused", () => {
  assertRefused(
    CASE,
    { ...FILES, dark_file: "wide_dark.h5" },
    /dark frame ".*wide_dark\.h5:dark": found shape \(5, 8\), expected \(5, 7\)/,
  );
});

const BROKEN: readonly [string, Parameters<typeof writeHdf5>[1], RegExp][] = [
  ["no photons", (w) => w.array("/data/photon", ones([2, 5, 7])), /found no "photons" in group "\/data".*"photon"/],
  ["photons of one axis", (w) => w.array("/data/photons", ones([2])), /found shape \(2\), expected \(frame, y, x\)/],
  ["no posx", (w) => {
    w.array("/data/photons", ones([2, 5, 7]));
    w.array("/data/posy", ones([2]));
    w.array("/data/pos_x", ones([2]));
  }, /found no "posx" in group "\/data".*did you mean "pos_x"/],
  ["positions of different lengths", (w) => {
    w.array("/data/photons", ones([2, 5, 7]));
    w.array("/data/posy", ones([2]));
    w.array("/data/posx", ones([3]));
  }, /found 2 vertical and 3 horizontal values/],
];
for (const [what, write, says] of BROKEN) {
  Deno.test(
    `AMOScan with ${what} is refused`,
    withCopy("amo", (home) => {
      writeHdf5(join(home, "broken.h5"), (w) => {
        w.group("/data");
        write(w);
      });
      assertRefused({ ...CASE, home }, { data_file: "broken.h5" }, says);
    }),
  );
}

Deno.test(
  "AMOScan with a truncated file is refused",
  withCopy("amo", (home) => {
    Deno.truncateSync(join(home, "scan.h5"), 3000);
    assertRefused({ ...CASE, home }, FILES, /truncated file of 3000 bytes/);
  }),
);

function ones(shape: number[]) {
  return { dtype: "float64", shape, data: new Float64Array(shape.reduce((a, b) => a * b)).fill(1) } as const;
}
