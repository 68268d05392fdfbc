/** Frames of several exposures beside a SPEC log, written by Python. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fliSpecScanMultexpParams } from "../parameters/scandata/fli_spec_scan_multexp.ts";
import { fliSpecMultexp } from "./fli_spec_multexp.ts";
import {
  assertNear,
  assertRefused,
  BEAMLINES,
  framesOf,
  openScan,
  prepareCase,
  rawFrame,
  servicesIn,
  withCopy,
} from "./testing.ts";

const CASE = { loader: fliSpecMultexp, schema: fliSpecScanMultexpParams, home: BEAMLINES };
const FILES = { base_path: "fli_spec" };
const FRAMES = "ccdfli/S00000-00999";
/** Counts of the long exposure at which it is no longer trusted; the light of the long one is 32 times the frame. */
const HIGH = 50_000;

Deno.test("FliSpecScanMultexp merges exposures into frames of a larger range than the camera's", () => {
  using scan = openScan(CASE, FILES);
  assert.equal(scan.numFrames, 3);
  for (const k of [0, 1, 2]) assertNear(framesOf(scan, k, k + 1)[0]!, rawFrame(k).map((v) => 32 * v));
  // Of frame 1 some pixels come from the long exposure and some from the short one, of frame 2 all from the short one.
  assert.ok(32 * Math.min(...rawFrame(1)) < HIGH && 32 * Math.min(...rawFrame(2)) > HIGH);
  assert.ok([...scan.frames(0, 3).weights!.data].every((valid) => Number(valid) === 1));
});

Deno.test("FliSpecScanMultexp takes every second position of the log, (samy, samx) in mm", () => {
  using scan = openScan(CASE, FILES);
  assertNear(scan.positions!, [1e-3, 1e-2, 2e-3, 3e-2, 4e-3, -2e-2]);
});

Deno.test("FliSpecScanMultexp masks what is saturated in all exposures", () => {
  using scan = openScan(CASE, { ...FILES, hdr_thresholds: [10, 2 * 1204] });
  // The short exposure of frame 1 has 2 * (1001 + 100 y + x): from pixel (2, 4) on too much, and what touches that.
  const masked = [...scan.frames(1, 2).weights!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []);
  const bright = (y: number, x: number) => y < 5 && x >= 0 && x < 7 && 1001 + 100 * y + x > 1204;
  const expected = Array.from({ length: 35 }, (_, i) => i).filter((i) => {
    const [y, x] = [Math.floor(i / 7), i % 7];
    return bright(y, x) || bright(y + 1, x) || bright(y, x + 1) || (y > 0 && bright(y - 1, x)) || bright(y, x - 1);
  });
  assert.deepEqual(masked, expected);
});

Deno.test("FliSpecScanMultexp takes geometry from lam, z and psize_det, and finds the centre", () => {
  const { meta, rawCenter, messages } = prepareCase(CASE, { ...FILES, shape: 4 });
  assert.ok(Math.abs(meta.energy / (1.23984193e-9 / 6.5e-7) - 1) < 1e-12);
  assert.deepEqual([meta.distance, meta.psize], [0.158, [2.4e-5, 2.4e-5]]);
  assert.ok(rawCenter[0] > 2 && rawCenter[0] < 3 && messages.some((text) => text.startsWith("centre of mass")));
  assert.deepEqual(prepareCase(CASE, { ...FILES, shape: 4, center: [2, 3] }).rawCenter, [2, 3]);
});

Deno.test(
  "FliSpecScanMultexp tells of exposures that the dark frames do not have, and of scans that were begun anew",
  withCopy("fli_spec", (home) => {
    const path = join(home, FRAMES, "S00074/ccd_s74_00001_00.raw");
    const text = new TextDecoder("latin1").decode(Deno.readFileSync(path)).replace("exp_time: 1.6", "exp_time: 1.2");
    Deno.writeFileSync(path, Uint8Array.from(text, (c) => c.charCodeAt(0)));
    const logFile = join(home, "spec/dat-files/spec_started_2013_11_21_1659.dat");
    Deno.writeTextFileSync(logFile, `${Deno.readTextFileSync(logFile)}\n#S 74 again\n#D Fri\n#L samx  samy\n1 2\n`);
    const messages: string[] = [];
    const p = fliSpecScanMultexpParams.parse({ name: "FliSpecScanMultexp", base_path: home });
    using scan = fliSpecMultexp.open(p, servicesIn(home, messages));
    scan.frames(0, 3);
    assertNear(scan.positions!, [2e-3, 1e-3]);
    assert.match(
      messages.join("\n"),
      /several scans 74: the last is taken, of Fri\n.*exposed for 1\.2, its dark frames for 1\.6/,
    );
  }),
);

const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  ["another folder", { base_path: "fli_spek" }, /S00072.*found no such file/],
  ["another number", { scan_number: 75 }, /S00075.*found no such file/],
  ["thresholds in the wrong order", { hdr_thresholds: [5, 1] }, /hdr_thresholds: found \[5, 1\]/],
  ["an entry that the headers lack", { exp_string: "exp_tim" }, /exp_string: found "exp_tim", expected .*"exp_time"/],
  ["an exposure of nothing", { exp_string: "roi_x" }, /found an exposure of 0, expected one above 0/],
  ["a wavelength beside an energy", { lam: 5e-7, energy: 0.002 }, /data\.lam: found lam beside energy/],
  ["a log that is none", { log_file_pattern: "als/mask.h5" }, /found other content, expected a SPEC log/],
  [
    "dark frames of fewer exposures than are asked for",
    { dark_dir_pattern: "als/" },
    /found no frames "ccd\*_00000_00\.raw"/,
  ],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`FliSpecScanMultexp with ${what} is refused`, () => assertRefused(CASE, { ...FILES, ...written }, says));
}

const BROKEN: readonly [string, (home: string) => void, RegExp][] = [
  [
    "a missing exposure",
    (home) => Deno.removeSync(join(home, FRAMES, "S00074/ccd_s74_00001_01.raw")),
    /Cannot read frame 1 of .*found no file "ccd\*_00001_01\.raw"/,
  ],
  [
    "a truncated frame",
    (home) => Deno.truncateSync(join(home, FRAMES, "S00074/ccd_s74_00002_01.raw"), 280),
    /ccd_s74_00002_01\.raw": found (\d+ bytes behind the header|no line with EOH)/,
  ],
  [
    "two files for one exposure",
    (home) => {
      const path = join(home, FRAMES, "S00074/ccd_s74_00002_01.raw");
      Deno.copyFileSync(path, path.replace("_s74_", "_s75_"));
    },
    /Cannot choose between/,
  ],
  [
    "a log without samy",
    (home) => {
      const path = join(home, "spec/dat-files/spec_started_2013_11_21_1659.dat");
      Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace("#L samx  samy", "#L samx  samz"));
    },
    /found no column "samy"; there are "samx", "samz"|found no column "samy"; there are "samz"/,
  ],
  [
    "a log without the scan",
    (home) => {
      const path = join(home, "spec/dat-files/spec_started_2013_11_21_1659.dat");
      Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace("#S 74", "#S 76"));
    },
    /Cannot read scan 74 of .*: found scans 73, 76/,
  ],
  [
    "dark frames of another shape",
    (home) => {
      for (const name of ["ccd_s72_00000_01.raw", "ccd_s72_00001_01.raw"]) {
        const path = join(home, FRAMES, "S00072", name);
        const text = new TextDecoder("latin1").decode(Deno.readFileSync(path));
        const turned = text.replace("rows: 5", "rows: 7").replace("cols: 7", "cols: 5");
        Deno.writeFileSync(path, Uint8Array.from(turned, (c) => c.charCodeAt(0)));
      }
    },
    /dark frame .*found shape \(7, 5\), expected \(5, 7\)/,
  ],
];
for (const [what, breakIt, says] of BROKEN) {
  Deno.test(
    `FliSpecScanMultexp with ${what} is refused`,
    withCopy("fli_spec", (home) => {
      breakIt(home);
      assertRefused({ ...CASE, home }, { base_path: home }, says);
    }),
  );
}
