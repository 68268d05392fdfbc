/** Saving prepared frames, and reading them back with PtydScan. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { NdArray } from "../../kernels/nd_array.ts";
import { openHdf5 } from "../formats/hdf5.ts";
import { openPtyd } from "../formats/ptyd.ts";
import { ptyd } from "../loaders/ptyd.ts";
import { ptydScanParams } from "../parameters/scandata/ptyd_scan.ts";
import { type Preparation, prepareScan } from "./prepare.ts";
import { arrayLoader, asArrays, ptyScan, rampFrames, silentServices } from "./testing.ts";

const MODES = ["append", "link", "merge"] as const;

const OPTIONS = { services: silentServices(), precision: "double", now: new Date(0) } as const;

/** A mask that is different in frame 3. */
const WEIGHTS: NdArray = {
  dtype: "uint8",
  shape: [5, 8, 8],
  data: new Uint8Array(320).map((_, i) => i % 7 && i !== 200 ? 1 : 0),
};

const GIVEN = {
  shape: 6,
  center: [4, 3],
  orientation: 6,
  energy: 8.5,
  distance: 2.25,
  psize: [1e-5, 2e-5],
  version: 3,
  label: "inside",
};

/** Prepares five frames and saves them, two in a chunk. */
function save(dfile: string, given: Record<string, unknown>, data: NdArray = rampFrames([5, 8, 8])): Preparation {
  const p = ptyScan({ dfile, ...GIVEN, ...given });
  return prepareScan(arrayLoader(data, { weights: WEIGHTS }), p, {
    ...OPTIONS,
    label: "S",
    written: new Set([...Object.keys(GIVEN), ...Object.keys(given)]),
    chunkBytes: 2 * 9 * 36, // 8 bytes a count and 1 a pixel of the mask.
  });
}

function load(dfile: string): Preparation {
  const p = ptydScanParams.parse({ name: "PtydScan", dfile });
  return prepareScan(ptyd, p, { ...OPTIONS, label: "S", written: new Set(["dfile"]) });
}

function inFolder(test: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

for (const mode of MODES) {
  Deno.test(
    `save ${mode}: PtydScan reads back frames, masks, positions and geometry`,
    inFolder((folder) => {
      const dfile = join(folder, "scan.ptyd");
      const saved = save(dfile, { save: mode });
      const { rawCenter: _, ...read } = load(dfile);
      const { rawCenter: __, ...expected } = saved;
      assert.equal(saved.measured.maskFrames, 5);
      assert.deepEqual(asArrays(read), asArrays(expected));
      using file = openPtyd(dfile);
      assert.deepEqual([file.meta.label, file.info.label, file.info.version], ["inside", "inside", 3]);
      assert.deepEqual(file.info.center, { dtype: "float64", shape: [2], data: new Float64Array([4, 3]) });
    }),
  );
}

Deno.test(
  "save append has one group per chunk, link one file each, merge one group in all",
  inFolder((folder) => {
    const expected = { append: 3, link: 3, merge: 1 };
    for (const mode of MODES) {
      const dfile = join(folder, `${mode}.ptyd`);
      save(dfile, { save: mode });
      using file = openHdf5(dfile);
      assert.equal(file.keys("/chunks").length, expected[mode]);
      assert.equal(file.link("/chunks/0")?.kind, mode === "link" ? "external" : undefined);
      assert.deepEqual(file.shape("/chunks/0/data"), [mode === "merge" ? 5 : 2, 6, 6]);
    }
  }),
);

Deno.test(
  "save stores whole counts as int32, others as float64",
  inFolder((folder) => {
    const half = rampFrames([5, 8, 8]);
    half.data.fill(0.5);
    const big = rampFrames([5, 8, 8]);
    big.data.fill(2 ** 31);
    const counts: NdArray = { dtype: "uint16", shape: [5, 8, 8], data: new Uint16Array(320).fill(7) };
    for (
      const { data, mode, dtype } of [
        { data: rampFrames([5, 8, 8]), mode: "append", dtype: "int32" },
        { data: half, mode: "append", dtype: "float64" },
        { data: big, mode: "append", dtype: "float64" },
        { data: counts, mode: "merge", dtype: "int32" },
        { data: rampFrames([5, 8, 8]), mode: "merge", dtype: "float64" },
      ]
    ) {
      const dfile = join(folder, "scan.ptyd");
      save(dfile, { save: mode }, data);
      using file = openHdf5(dfile);
      assert.equal(file.info("/chunks/0/data").type.dtype, dtype);
    }
  }),
);

Deno.test(
  "save keeps an earlier file as .old",
  inFolder((folder) => {
    const dfile = join(folder, "scan.ptyd");
    save(dfile, { save: "append", energy: 7 });
    save(dfile, { save: "append", energy: 9 });
    assert.deepEqual([load(dfile).meta.energy, load(`${dfile}.old`).meta.energy], [9, 7]);
  }),
);

for (const mode of ["append", "merge"]) {
  Deno.test(
    `save ${mode} leaves nothing behind if a later frame is refused`,
    inFolder((folder) => {
      const data = rampFrames([5, 8, 8]);
      data.data[4 * 64 + 35] = NaN;
      assert.throws(() => save(join(folder, "scan.ptyd"), { save: mode }, data), /frame 4 of array: found NaN/);
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }),
  );
}
