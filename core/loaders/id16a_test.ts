/** Files of ID16A, written by h5py and fabio. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { id16aScanParams } from "../parameters/scandata/id16a_scan.ts";
import { id16a } from "./id16a.ts";
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

const CASE = { loader: id16a, schema: id16aScanParams, home: join(BEAMLINES, "id16a") };
const HDF5 = { base_path: "hdf5", sample_name: "sample_", recipe: { detector: "frelon" } };
const EDF = { base_path: "edf", sample_name: "sample_" };

for (const [kind, files] of [["HDF5", HDF5], ["EDF", EDF]] as const) {
  Deno.test(`ID16AScan reads frames and motors of ${kind}, in um`, () => {
    using scan = openScan(CASE, files);
    assert.equal(scan.numFrames, 4);
    assert.deepEqual(framesOf(scan, 1, 4), [rawFrame(1), rawFrame(2), rawFrame(3)]);
    assertNear(scan.positions!, [1e-6, 1e-5, 2e-6, 3e-5, 4e-6, -2e-5, 8e-6, 5e-6]);
    using turned = openScan(CASE, { ...files, motors: ["spz", "sx"], motors_multiplier: 1e-3 });
    assertNear(turned.positions!.slice(0, 4), [1e-2, 5e-4, 3e-2, 5e-4]);
  });

  Deno.test(`ID16AScan corrects frames of ${kind} by the mean dark and reference frames`, () => {
    using both = openScan(CASE, { ...files, dark_subtraction: true, flat_division: true });
    assertNear(framesOf(both, 2, 3)[0]!, rawFrame(2).map((v, i) => (v - darkAt(i)) / gainAt(i)));
    using dark = openScan(CASE, { ...files, dark_subtraction: true });
    assertNear(framesOf(dark, 0, 1)[0]!, rawFrame(0).map((v, i) => Math.max(0, v - darkAt(i))));
    using flat = openScan(CASE, { ...files, flat_division: true });
    assertNear(framesOf(flat, 3, 4)[0]!, rawFrame(3).map((v, i) => v / (darkAt(i) + gainAt(i))));
  });

  Deno.test(`ID16AScan divides frames of ${kind} by bpm5_ct, whose failure is filled in`, () => {
    using scan = openScan(CASE, { ...files, recipe: { detector: "frelon", use_bpm5_ct: true } });
    // 100, 200, -1, 400: the failure becomes 300, the mean is 250.
    for (const [i, scale] of [0.4, 0.8, 1.2, 1.6].entries()) {
      assertNear(framesOf(scan, i, i + 1)[0]!, rawFrame(i).map((v) => v / scale));
    }
  });
}

Deno.test("ID16AScan reads texts as PtyPy 0.9 expects them", () => {
  using scan = openScan(CASE, { ...HDF5, sample_name: "bytes" });
  assertNear(scan.positions!, [3e-6, 9e-6]);
});

Deno.test("ID16AScan flips frames up and down by default", () => {
  const { counts } = prepareCase(CASE, { ...EDF, shape: 4, center: [2, 2] });
  // Rows 0 to 3 and columns 0 to 3 of frame 1, the last row first.
  const rows = [3, 2, 1, 0].map((y) => rawFrame(1).slice(7 * y, 7 * y + 4));
  assert.deepEqual(counts.slice(16, 32), rows.flat());
});

Deno.test("ID16AScan divides by the response of pixels and by a whitefield, each relative to its mean", () => {
  using response = openScan(CASE, { ...EDF, det_flat_field: "response.edf" });
  assertNear(framesOf(response, 1, 2)[0]!, rawFrame(1).map((v, i) => i === 1 ? v / 2 : v));
  const half = (v: number, i: number) => i === 16 ? v / 0.5 : i === 32 ? v / 1.5 : v;
  using white = openScan(CASE, { ...EDF, whitefield_file: "white.edf" });
  assertNear(framesOf(white, 2, 3)[0]!, rawFrame(2).map(half));
});

Deno.test("ID16AScan undistorts by maps and masks what comes from outside", () => {
  using scan = openScan(CASE, {
    ...EDF,
    distortion_h_file: "shift_x.edf",
    distortion_v_file: "shift_y.edf",
    mask_file: "mask.h5",
  });
  const [frame] = framesOf(scan, 1, 2);
  const mask = [...scan.weight!.data].map(Number);
  for (let i = 0; i < 35; i++) {
    const [y, x] = [Math.floor(i / 7), i % 7];
    const isInside = y > 0 && x < 6;
    assert.equal(mask[i], isInside && i - 6 !== 9 && i - 6 !== 28 ? 1 : 0);
    if (isInside) assert.equal(frame![i], rawFrame(1)[i - 6]);
  }
});

Deno.test("ID16AScan cuts and pads to recipe.pad_crop about the middle, and masks the padding", () => {
  const recipe = { pad_crop: 6 };
  using scan = openScan(CASE, { ...EDF, recipe, mask_file: "mask.h5" });
  const { data } = scan.frames(1, 2);
  assert.deepEqual(data.shape, [1, 6, 6]);
  // The middle (2, 3) comes to (3, 3): a row of padding above, a column less at the right.
  const expected = Array.from({ length: 36 }, (_, i) => i < 6 ? 0 : rawFrame(1)[(Math.floor(i / 6) - 1) * 7 + i % 6]!);
  assert.deepEqual([...data.data].map(Number), expected);
  const masked = [...scan.weight!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []);
  assert.deepEqual(masked, [0, 1, 2, 3, 4, 5, 2 * 6 + 2, 5 * 6]);
  using unmasked = openScan(CASE, { ...EDF, recipe });
  assert.equal([...unmasked.weight!.data].map(Number).reduce((a, b) => a + b), 30);
});

Deno.test(
  "ID16AScan without base_path looks for id16a in the folders above",
  withCopy("id16a", (home) => {
    Deno.mkdirSync(join(home, "id16a"));
    Deno.mkdirSync(join(home, "work/here"), { recursive: true });
    using scan = openScan({ ...CASE, home: join(home, "work/here") }, { sample_name: "edf/sample_" });
    assert.equal(scan.numFrames, 4);
  }),
);

Deno.test(
  "ID16AScan without base_path and without id16a is refused",
  withCopy("id16a", (home) => {
    assertRefused({ ...CASE, home }, { sample_name: "edf/sample_" }, /data\.base_path: found None, and no "id16a"/);
  }),
);

const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  ["no sample_name", { ...EDF, sample_name: null }, /data\.sample_name: found None/],
  [
    "another sample_name",
    { ...EDF, sample_name: "simple" },
    /found no files "simple\*\.h5".*there are "dark_0000\.edf"/,
  ],
  ["no detector", { ...HDF5, recipe: {} }, /data\.recipe\.detector: found None/],
  ["another detector", { ...HDF5, recipe: { detector: "frelen" } }, /found no "frelen" in group.*"frelon"/],
  ["a misspelt recipe", { ...HDF5, recipe: { detector: "frelon", padcrop: 5 } }, /data\.recipe\.padcrop: /],
  ["a motor that is missing", { ...EDF, motors: ["spy", "spx"] }, /found no motor "spx"; there are "s/],
  ["three motors", { ...EDF, motors: ["a", "b", "c"] }, /data\.motors: found 3 names/],
  ["no counter", { ...HDF5, sample_name: "bytes", recipe: { detector: "frelon", use_bpm5_ct: true } }, /counter_mne/],
  [
    "dark frames that are missing",
    { ...EDF, base_path: ".", sample_name: "white", dark_subtraction: true },
    /found no files "dark\*\.edf"/,
  ],
  [
    "a response of another shape",
    { ...EDF, det_flat_field: "turned.edf" },
    /detector flat field .*found shape \(7, 5\), expected \(5, 7\)/,
  ],
  ["a distortion of another shape", { ...EDF, distortion_v_file: "turned.edf" }, /distortion .*found shape \(7, 5\)/],
  [
    "the default whitefield, which is not here",
    { ...EDF, recipe: { use_whitefield: true } },
    /white\.edf": found no such file/,
  ],
  ["a response that is no EDF", { ...EDF, det_flat_field: "mask.h5" }, /found other content, expected an EDF image/],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`ID16AScan with ${what} is refused`, () => assertRefused(CASE, written, says));
}

Deno.test(
  "ID16AScan with a gap in the numbers is refused",
  withCopy("id16a", (home) => {
    Deno.removeSync(join(home, "edf/sample_0001.edf"));
    assertRefused({ ...CASE, home }, EDF, /found "sample_0002\.edf" after "sample_0000\.edf", expected number 1/);
  }),
);

Deno.test(
  "ID16AScan with a truncated frame file is refused",
  withCopy("id16a", (home) => {
    Deno.truncateSync(join(home, "edf/sample_0001.edf"), 550);
    assertRefused({ ...CASE, home }, EDF, /sample_0001\.edf": found a truncated file of 550 bytes/);
  }),
);

Deno.test(
  "ID16AScan with files of both kinds is refused",
  withCopy("id16a", (home) => {
    Deno.copyFileSync(join(home, "hdf5/sample_0000.h5"), join(home, "edf/sample_0000.h5"));
    assertRefused({ ...CASE, home }, EDF, /found files of both \.h5 and \.edf/);
  }),
);
