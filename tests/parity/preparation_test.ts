/** Data preparation against PtyPy: every case of `/preparation` of the oracles, and a committed extract of it. */

import { allDiffraction, allMasks } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { type Hdf5File, openHdf5 } from "../../core/formats/hdf5.ts";
import { toNumbers } from "../../core/formats/hdf5_values.ts";
import { defineLoader } from "../../core/loaders/loader.ts";
import { type PtyScanParams, ptyScanParams } from "../../core/parameters/scandata/pty_scan.ts";
import { prepareScan } from "../../core/preparation/prepare.ts";
import { silentServices } from "../../core/preparation/testing.ts";

/** Relative to the largest value; the oracle and we compute the same double sums in another order. */
const TOLERANCE = 1e-10;

const HERE = import.meta.dirname!;
const ORACLES = join(HERE, "../../../shared/reference/oracles");
const FILES = [
  join(HERE, "fixtures/preparation_v0.4.0.h5"),
  join(ORACLES, "init_oracle_v0.4.0.h5"),
  join(ORACLES, "init_oracle_v0.9.0.h5"),
];

for (const path of FILES) {
  const present = existsSync(path);
  const name = path.split("/").at(-1) + (present ? "" : " (skipped: ../shared is not here)");
  Deno.test(
    { name: `prepareScan() gives PtyPy's frames, masks, positions and geometry: ${name}`, ignore: !present },
    () => {
      using file = openHdf5(path);
      const names = file.keys("preparation").filter((key) => file.kind(`preparation/${key}`) === "group");
      assert.equal(names.length, 22);
      for (const name of names) compareCase(file, `preparation/${name}`);
    },
  );
}

function compareCase(file: Hdf5File, path: string): void {
  const attributes = file.attributes(path);
  const given = JSON.parse(String(attributes.params)) as Record<string, unknown>;
  const psize = 1e-5;
  const p = ptyScanParams.parse({ name: "PtyScan", psize, ...given }) as PtyScanParams;
  const scan = prepareScan(oracleLoader(file), p, {
    label: "oracle",
    written: new Set(["psize", ...Object.keys(given)]),
    services: silentServices(),
    precision: "double",
    now: new Date(0),
  });
  const data = array(file, `${path}/data`);
  const mask = array(file, `${path}/mask`);
  const pixels = sizeOf(data.shape.slice(1));
  assert.equal(scan.numFrames, 5, path);
  assert.deepEqual([...scan.meta.shape], data.shape.slice(1), path);
  assertNear(allDiffraction(scan.measured).subarray(0, data.shape[0]! * pixels), data, `${path}/data`);
  assert.equal(scan.measured.maskFrames, 1, path);
  assert.deepEqual([...allMasks(scan.measured)], [...toNumbers(mask).subarray(0, pixels)], `${path}/mask`);
  assertNear(scan.positions, array(file, `${path}/positions`), `${path}/positions`);
  assertNear(scan.rawCenter, attributes.info_center as NdArray, `${path} info_center`);
  assertNear(scan.meta.center, attributes.meta_center as NdArray, `${path} meta_center`);
  assertNear(scan.meta.psize, attributes.meta_psize as NdArray, `${path} meta_psize`);
  assertNear(scan.meta.shape, attributes.meta_shape as NdArray, `${path} meta_shape`);
}

function oracleLoader(file: Hdf5File) {
  return defineLoader<PtyScanParams>({
    name: "Oracle",
    open: () => ({
      numFrames: 5,
      positions: toNumbers(array(file, "preparation/full/positions")),
      weight: array(file, "preparation/weight2d"),
      found: {},
      frames: (start, stop) => ({ data: file.readFrames("preparation/raw", start, stop) }),
      [Symbol.dispose]: () => {},
    }),
  });
}

function array(file: Hdf5File, path: string): NdArray {
  return file.read(path) as NdArray;
}

function assertNear(actual: ArrayLike<number>, expected: NdArray, what: string): void {
  const wanted = toNumbers(expected);
  assert.equal(actual.length, wanted.length, what);
  const scale = wanted.reduce((most, n) => Math.max(most, Math.abs(n)), 0);
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - wanted[i]!));
  assert.ok(worst <= TOLERANCE * scale, `${what}: differs by ${worst}, largest value ${scale}`);
}
