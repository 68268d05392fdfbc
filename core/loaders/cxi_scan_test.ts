/** CXI files that h5py wrote (tests/formats/cxi_make.py), and bad ones. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NdArray } from "../../kernels/nd_array.ts";
import { writeHdf5 } from "../formats/hdf5_writer.ts";
import { cxiScanParams, nxcxiPtychoScanParams } from "../parameters/scandata/cxi.ts";
import { prepareScan } from "../preparation/prepare.ts";
import { asArrays, silentServices } from "../preparation/testing.ts";
import { cxiScan } from "./cxi_scan.ts";
import type { OpenScan } from "./loader.ts";
import { nxcxiPtychoScan } from "./nxcxi_ptycho_scan.ts";

const FIXTURES = fileURLToPath(new URL("../../tests/fixtures/cxi/", import.meta.url));
const SCAN = join(FIXTURES, "scan.cxi");
const RASTER = join(FIXTURES, "raster.nxs");

type Given = Record<string, unknown>;

function openCxi(source: string, { messages, ...given }: Given & { messages?: string[] } = {}): OpenScan {
  const p = cxiScanParams.parse({ name: "CxiScan", source, ...given });
  return cxiScan.open(p, silentServices(messages ? { messages } : {}));
}

function openNxcxi(source: string, given: Given = {}): OpenScan {
  const p = nxcxiPtychoScanParams.parse({ name: "NXcxiPtychoScan", source, ...given });
  return nxcxiPtychoScan.open(p, silentServices());
}

/** `1 + 1000 f + 100 y + x`, as in the script. */
function framesFrom(start: number, stop: number): number[] {
  return Array.from({ length: (stop - start) * 20 }, (_, i) => {
    return 1 + 1000 * (start + Math.floor(i / 20)) + 100 * Math.floor(i % 20 / 5) + i % 5;
  });
}

function numbers(array: NdArray): number[] {
  return Array.from(array.data as ArrayLike<number | bigint>, Number);
}

function close(actual: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  // Rounding of a unit's factor.
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= 1e-12 * Math.abs(value), `${i}`));
}

const POSITIONS = [0, 1, 2, 3, 4, 5].flatMap((i) => [-1e-6 * i * i, 2e-6 * i]);

Deno.test("CxiScan reads frames, positions (y, x), geometry and mask", () => {
  using scan = openCxi(SCAN);
  assert.equal(scan.numFrames, 6);
  close(scan.positions!, POSITIONS);
  assert.deepEqual(scan.found, { energy: scan.found.energy, distance: 1.92, psize: [55e-6, 75e-6] });
  close([scan.found.energy!], [8.8]);
  const some = scan.frames(3, 5);
  assert.deepEqual(some.data.shape, [2, 4, 5]);
  assert.deepEqual(numbers(some.data), framesFrom(3, 5));
  // Dead and missing pixels are out, what was found to be a peak is not.
  const valid = Array.from({ length: 20 }, (_, i) => i === 4 || i === 12 ? 0 : 1);
  assert.deepEqual(numbers(scan.weight!), valid);
  assert.equal(some.weights, undefined);
});

Deno.test("CxiScan masks 2^16-1 in 16 bits, or what is said to be saturated", () => {
  using scan = openCxi(SCAN);
  const { weights } = scan.frames(2, 3);
  const valid = Array.from({ length: 20 }, (_, i) => i === 4 || i === 12 || i === 8 ? 0 : 1);
  assert.deepEqual(numbers(weights!), valid);
  using lower = openCxi(SCAN, { saturation: 1304 });
  assert.deepEqual(numbers(lower.frames(1, 2).weights!).flatMap((v, i) => v === 0 ? [i] : []), [4, 12, 18, 19]);
  using none = openCxi(SCAN, { saturation: 0 });
  assert.equal(none.frames(2, 3).weights, undefined);
});

Deno.test("CxiScan turns axes of the positions by motors_multiplier", () => {
  using scan = openCxi(SCAN, { motors_multiplier: [-1, 2] });
  close(scan.positions!, POSITIONS.map((v, i) => i % 2 === 0 ? -v : 2 * v));
});

Deno.test("NXcxiPtychoScan reads a grid in eV, mm, um and nm, with a mask for each frame", () => {
  using scan = openNxcxi(RASTER);
  assert.equal(scan.numFrames, 6);
  close(scan.positions!, POSITIONS);
  close([scan.found.energy!, scan.found.distance!, ...scan.found.psize as readonly number[]], [
    8.8,
    1.92,
    55e-6,
    75e-6,
  ]);
  // Within a row of the grid, and over its end.
  for (const [start, stop] of [[0, 6], [1, 3], [2, 5], [4, 5]] as const) {
    const { data, weights } = scan.frames(start, stop);
    assert.deepEqual([data.dtype, ...data.shape], ["uint32", stop - start, 4, 5]);
    assert.deepEqual(numbers(data), framesFrom(start, stop));
    const masked = numbers(weights!).flatMap((v, i) => v === 0 ? [i + 20 * start] : []);
    assert.deepEqual(masked, start <= 4 && stop > 4 ? [81] : []);
  }
});

Deno.test("NXcxiPtychoScan also takes the energy in joules, and CxiScan that of the beam", () => {
  using joules = openNxcxi(SCAN);
  close([joules.found.energy!], [8.8]);
  // 3 GeV at the source is no photon energy, so that CxiScan needs a word.
  assert.throws(() => openCxi(RASTER), {
    _tag: "DataError",
    message: /source_1\/energy.*found the unit "GeV".*write data.energy/,
  });
  using written = openCxi(RASTER, { energy: 8.8 });
  assert.equal(written.found.energy, undefined);
});

Deno.test("a prepared CXI scan has its pixels where they were, oriented as asked", () => {
  const p = cxiScanParams.parse({ name: "CxiScan", source: SCAN, shape: 4, center: [2, 2], orientation: 5 });
  const scan = asArrays(prepareScan(cxiScan, p, {
    label: "A",
    written: new Set(["shape", "center", "orientation"]),
    services: silentServices(),
    precision: "double",
    now: new Date(0),
  }));
  // Transposed, then columns reversed: (y, x) comes from (row 3 - x, column y).
  const expected = framesFrom(0, 1).slice(0, 0);
  for (let y = 0; y < 4; y++) for (let x = 0; x < 4; x++) expected.push(1 + 100 * (3 - x) + y);
  assert.deepEqual(Array.from(scan.diffraction as Float64Array).slice(0, 16), expected);
  assert.deepEqual(scan.meta.psize, [55e-6, 75e-6]);
});

/** A CXI file of what is given, over what a good one has. */
function writeCxi(path: string, given: Readonly<Record<string, NdArray | null>>): void {
  const one = (value: number): NdArray => ({ dtype: "float64", shape: [], data: Float64Array.of(value) });
  const detector = "/entry_1/instrument_1/detector_1";
  const content: Record<string, NdArray | null> = {
    [`${detector}/data`]: { dtype: "uint16", shape: [3, 2, 4], data: new Uint16Array(24).fill(7) },
    [`${detector}/distance`]: one(1.5),
    [`${detector}/x_pixel_size`]: one(75e-6),
    [`${detector}/y_pixel_size`]: one(75e-6),
    "/entry_1/instrument_1/source_1/energy": one(1.4e-15),
    "/entry_1/data_1/translation": { dtype: "float64", shape: [3, 3], data: new Float64Array(9) },
    ...given,
  };
  writeHdf5(path, (writer) => {
    const groups = ["/entry_1", "/entry_1/data_1", "/entry_1/instrument_1", detector];
    for (const group of [...groups, "/entry_1/instrument_1/source_1"]) writer.group(group);
    for (const [name, array] of Object.entries(content)) if (array !== null) writer.array(name, array);
  });
}

const DETECTOR = "/entry_1/instrument_1/detector_1";
const floats = (shape: readonly number[]): NdArray => {
  return { dtype: "float64", shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
};

const BAD: readonly [string, Record<string, NdArray | null>, RegExp][] = [
  [
    "no frames",
    { [`${DETECTOR}/data`]: null },
    /Cannot read the frames of ".*": found no data set "\/entry_1\/data_1\/data" or .*; write data.data_key/,
  ],
  [
    "frames under another name",
    { [`${DETECTOR}/data`]: null, [`${DETECTOR}/dota`]: floats([3, 2, 4]) },
    /the nearest are .*"\/entry_1\/instrument_1\/detector_1\/dota"/,
  ],
  ["frames of rank 2", { [`${DETECTOR}/data`]: floats([3, 2]) }, /found shape \(3, 2\), expected \(frame, y, x\)/],
  [
    "no positions",
    { "/entry_1/data_1/translation": null },
    /the positions of .* write data.positions_key or data.positions_theory/,
  ],
  ["positions of one axis", { "/entry_1/data_1/translation": floats([3]) }, /found shape \(3\), expected \(frame, 3\)/],
  [
    "more positions than frames",
    { "/entry_1/data_1/translation": floats([5, 3]) },
    /found 3 frames and 5 positions.*data.take_common: true/,
  ],
  [
    "a mask of another shape",
    { [`${DETECTOR}/mask`]: floats([4, 2]) },
    /detector_1\/mask".* found shape \(4, 2\), expected \(2, 4\), or one for each frame/,
  ],
  ["no distance", { [`${DETECTOR}/distance`]: null }, /the distance of .*write data.distance/],
  ["no energy", { "/entry_1/instrument_1/source_1/energy": null }, /the photon energy of .*write data.energy/],
  ["pixels of metres", { [`${DETECTOR}/x_pixel_size`]: floats([]) }, /x_pixel_size".*as pixel size: found 0 m/],
  ["energies that differ", {
    "/entry_1/instrument_1/source_1/energy": { dtype: "float64", shape: [2], data: Float64Array.of(1.4e-15, 1.5e-15) },
  }, /2 different numbers/],
];

for (const [what, given, message] of BAD) {
  Deno.test(`CxiScan refuses a file with ${what}`, () => {
    const folder = Deno.makeTempDirSync();
    try {
      const path = join(folder, "bad.cxi");
      writeCxi(path, given);
      assert.throws(() => openCxi(path), { _tag: "DataError", message });
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

Deno.test("CxiScan takes the frames that have a position where it is told to, and says so", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "few.cxi");
    writeCxi(path, { "/entry_1/data_1/translation": floats([2, 3]) });
    const messages: string[] = [];
    using scan = openCxi(path, { take_common: true, messages });
    assert.deepEqual([scan.numFrames, scan.positions!.length], [2, 4]);
    assert.match(messages.join(), /has 3 frames and 2 positions: the first 2 of both are taken/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("CxiScan refuses a truncated file and an entry that is not there", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "cut.cxi");
    Deno.writeFileSync(path, Deno.readFileSync(SCAN).subarray(0, 3000));
    assert.throws(() => openCxi(path), { _tag: "DataError", message: /truncated|cut/i });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  assert.throws(() => openCxi(SCAN, { entry: "entry_2" }), {
    _tag: "DataError",
    message: /found no group "entry_2", expected "entry_1"; write data.entry/,
  });
});
