/** Step scans of May 2017, written by h5py. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { nanomaxStepscanMay2017Params } from "../parameters/scandata/nanomax.ts";
import { nanomaxStepscanMay2017 } from "./nanomax_stepscan_may_2017.ts";
import { assertNear, assertRefused, BEAMLINES, framesOf, openScan, prepareCase, rawFrame } from "./testing.ts";

const CASE = {
  loader: nanomaxStepscanMay2017,
  schema: nanomaxStepscanMay2017Params,
  home: join(BEAMLINES, "nanomax"),
};
const FILES = {
  datafile: "master_8.h5",
  pilatusPath: "pilatus",
  pilatusPattern: "scan_%04d_pil_%04d.hdf5",
  scannr: 8,
  hdfPath: "entry/images",
};
/** Pixel (3, 5), which the generator marks as dead. */
const DEAD = 26;

Deno.test("NanomaxStepscanMay2017 reads frames at hdfPath and masks what is -2 in the first", () => {
  using scan = openScan(CASE, FILES);
  const expected = [2, 3].map((i) => rawFrame(i).with(DEAD, -2));
  assert.deepEqual(framesOf(scan, 2, 4), expected);
  assert.deepEqual([...scan.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [DEAD]);
  using masked = openScan(CASE, { ...FILES, maskfile: "mask.h5" });
  assert.deepEqual([...masked.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [9, DEAD, 28]);
  // A dead pixel holds no count; prepared it is masked and 0.
  const { counts, masks } = prepareCase(CASE, { ...FILES, shape: 4, center: [3, 4] });
  assert.deepEqual([counts.slice(0, 16).indexOf(0), masks.indexOf(0)], [11, 11]);
});

Deno.test("NanomaxStepscanMay2017 flips and turns the motors that it is told to", () => {
  const at = (stage: Record<string, unknown>) => openScan(CASE, { ...FILES, ...stage }).positions!.slice(4, 6);
  assertNear(at({}), [-4e-6, 2e-5]);
  assertNear(at({ xMotorFlipped: true }), [-4e-6, -2e-5]);
  assertNear(at({ yMotorFlipped: true }), [4e-6, 2e-5]);
  assertNear(at({ xMotorAngle: 60 }), [-4e-6, 1e-5]);
});

const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  ["a misspelt hdfPath", { ...FILES, hdfPath: "entry/image" }, /no "image" in group "\/entry".*"images"/],
  ["a mask that is none", { ...FILES, maskfile: "master_8.h5" }, /found no "mask" in group/],
  ["the master file of a fly scan", { ...FILES, datafile: "master_9.h5", scannr: 9 }, /no "samx" in group "\/entry9/],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`NanomaxStepscanMay2017 with ${what} is refused`, () => assertRefused(CASE, written, says));
}
