/** Fly scans of June 2017, written by h5py. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { nanomaxFlyscanJune2017Params } from "../parameters/scandata/nanomax.ts";
import { parseWindow } from "./index_window.ts";
import { nanomaxFlyscanJune2017 } from "./nanomax_flyscan_june_2017.ts";
import { assertNear, assertRefused, BEAMLINES, framesOf, openScan, rawFrame, withCopy } from "./testing.ts";

const CASE = {
  loader: nanomaxFlyscanJune2017,
  schema: nanomaxFlyscanJune2017Params,
  home: join(BEAMLINES, "nanomax"),
};
const FILES = { datafile: "master_9.h5", pilatusPath: "pilatus", pilatusPattern: "fly_%04d_%04d.hdf5", scannr: 9 };
const BEAM = { detNormalizationFilePattern: "beam_%04d_%04d.hdf5:/beam/data", detNormalizationIndices: "[1:3, 3]" };
/** Pixel (3, 5), which the generator marks as dead. */
const DEAD = 26;

Deno.test("NanomaxFlyscanJune2017 reads points of lines, across lines, with their positions", () => {
  using scan = openScan(CASE, FILES);
  assert.equal(scan.numFrames, 6);
  assert.deepEqual(framesOf(scan, 1, 5), [1, 2, 3, 4].map((i) => rawFrame(i).with(DEAD, -2)));
  assertNear(scan.positions!, [-1, -10, -1, -30, -1, 20, -4, -11, -4, -31, -4, 21].map((um) => um * 1e-6));
  assert.deepEqual([...scan.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [DEAD]);
});

Deno.test("NanomaxFlyscanJune2017 flips and turns the motors that it is told to", () => {
  const stage = { xMotorFlipped: true, yMotorFlipped: true, xMotorAngle: 60 };
  using scan = openScan(CASE, { ...FILES, ...stage });
  assertNear(scan.positions!.slice(6, 10), [4e-6, 5.5e-6, 4e-6, 15.5e-6]);
});

Deno.test("NanomaxFlyscanJune2017 divides by the mean of a window, relative to the first frame, and rounds", () => {
  using scan = openScan(CASE, { ...FILES, ...BEAM });
  const half = (v: number) => {
    const low = Math.floor(v);
    return v - low === 0.5 ? low + low % 2 : Math.round(v);
  };
  for (const frame of [0, 1, 4]) {
    const expected = rawFrame(frame).map((v) => half(v / 2 ** frame)).with(DEAD, half(-2 / 2 ** frame));
    assertNear(framesOf(scan, frame, frame + 1)[0]!, expected);
  }
});

const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  [
    "a window that is none",
    { ...BEAM, detNormalizationIndices: "1-3" },
    /detNormalizationIndices: found "1-3", expected/,
  ],
  [
    "a window of three axes",
    { ...BEAM, detNormalizationIndices: ":, :, :" },
    /found shape \(3, 4, 5\), expected \(3, n, n, n\)/,
  ],
  ["an empty window", { ...BEAM, detNormalizationIndices: "3:3" }, /found a mean of NaN in element 0/],
  ["a window without a detector", { detNormalizationIndices: "1:3" }, /detNormalizationFilePattern: found None/],
  ["no beam monitor", { ...BEAM, detNormalizationFilePattern: "beam_%04d_%04d.hdf5" }, /found no "entry_0000"/],
  ["positions of a step scan", { datafile: "master_8.h5", scannr: 8 }, /no "AdLinkAI_buff" in group/],
  ["frames one by one", { pilatusPattern: "scan_0007_pil_%04d.hdf5" }, /expected places for 2 whole numbers/],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`NanomaxFlyscanJune2017 with ${what} is refused`, () =>
    assertRefused(CASE, { ...FILES, ...written }, says));
}

for (const line of [0, 1]) {
  Deno.test(
    `NanomaxFlyscanJune2017 without line ${line} is refused`,
    withCopy("nanomax", (home) => {
      Deno.removeSync(join(home, `pilatus/fly_0009_000${line}.hdf5`));
      const says = line === 0 ? /line 0: .*later ones; copy the missing files/ : /line 1: .*of 2 lines that samy has/;
      assertRefused({ ...CASE, home }, FILES, says);
    }),
  );
}

Deno.test("parseWindow() reads open, single and negative ranges", () => {
  const open = { start: undefined, stop: undefined };
  assert.deepEqual(parseWindow("[:, 5, -3:, -1]", "x"), [
    open,
    { start: 5, stop: 6 },
    { start: -3, stop: undefined },
    { start: -1, stop: undefined },
  ]);
  assert.deepEqual(parseWindow(null, "x"), []);
});
