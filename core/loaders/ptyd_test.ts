/** Prepared data as they are, and prepared anew. */

import { allDiffraction, allMasks } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { createPtyd, type PtydSave } from "../formats/ptyd_writer.ts";
import { type PtydScanParams, ptydScanParams } from "../parameters/scandata/ptyd_scan.ts";
import { type Preparation, prepareScan } from "../preparation/prepare.ts";
import { rampFrames, silentServices } from "../preparation/testing.ts";
import { ptyd } from "./ptyd.ts";

const NOW = new Date(0);

/** Four frames of 6 x 6 in two chunks, axis at (3, 2), 9 keV, 2 m; pixel 7 is masked. */
function writeScan(path: string, o: { save?: PtydSave } = {}): void {
  using file = createPtyd(path, {
    save: o.save ?? "append",
    meta: { label: "old", energy: 9, distance: 2, psize: [1e-5, 2e-5], shape: [6, 6], center: [3, 2], version: 0.1 },
    info: {},
    now: NOW,
  });
  const data = rampFrames([4, 6, 6]);
  const mask = new Uint8Array(36).fill(1);
  mask[7] = 0;
  for (const start of [0, 2]) {
    file.append({
      data: { dtype: "int32", shape: [2, 6, 6], data: Int32Array.from(data.data.slice(36 * start, 36 * (start + 2))) },
      indices: [start, start + 1],
      positions: new Float64Array([start, 10 * start, start + 1, 10 * (start + 1)]),
      weights: { dtype: "uint8", shape: [6, 6], data: mask },
    });
  }
  file.close();
}

function prepare(given: Partial<PtydScanParams>, messages: string[] = []): Preparation {
  const p = ptydScanParams.parse({ name: "PtydScan", ...given });
  return prepareScan(ptyd, p, {
    label: "A",
    written: new Set(Object.keys(given)),
    services: silentServices({ messages }),
    precision: "double",
    now: NOW,
  });
}

function withScan(test: (path: string, folder: string) => void, o: { save?: PtydSave } = {}): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      writeScan(join(folder, "scan.ptyd"), o);
      test(join(folder, "scan.ptyd"), folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

for (const source of ["file", null]) {
  Deno.test(
    `PtydScan with source ${source} takes frames of dfile as they are`,
    withScan((dfile) => {
      const scan = prepare({ dfile, source });
      assert.deepEqual([...allDiffraction(scan.measured)], [...rampFrames([4, 6, 6]).data]);
      assert.deepEqual([...scan.positions], [0, 0, 1, 10, 2, 20, 3, 30]);
      assert.deepEqual([scan.measured.maskFrames, [...allMasks(scan.measured)].indexOf(0)], [1, 7]);
      const { energy, distance, psize, shape, center, label } = scan.meta;
      assert.deepEqual({ energy, distance, psize, shape, center, label }, {
        energy: 9,
        distance: 2,
        psize: [1e-5, 2e-5],
        shape: [6, 6],
        center: [3, 2],
        label: "A",
      });
    }),
  );
}

Deno.test(
  "PtydScan with source file takes the first num_frames, and refuses what contradicts the file",
  withScan((dfile) => {
    assert.equal(prepare({ dfile, num_frames: 3, energy: 9, shape: 6 }).numFrames, 3);
    assert.throws(
      () => prepare({ dfile, energy: 7.2, rebin: 2 }),
      (e) => isPtychoError(e, "ParameterError") && /data\.rebin.*\n.*data\.energy/.test(e.message),
    );
  }),
);

Deno.test(
  "PtydScan with a path as source prepares anew: written parameters win, others come from the file",
  withScan((source, folder) => {
    const dfile = join(folder, "new.ptyd");
    const scan = prepare({ source, dfile, save: "append", energy: 8, shape: 4, orientation: 1, rebin: 2 });
    assert.deepEqual([scan.meta.energy, scan.meta.distance, scan.meta.psize], [8, 2, [2e-5, 4e-5]]);
    assert.deepEqual([scan.meta.shape, scan.meta.center, scan.rawCenter], [[2, 2], [1, 0.5], [3, 2]]);
    // Raw pixel (1, 0) is the corner; columns are flipped; blocks are averaged.
    assert.deepEqual([...allDiffraction(scan.measured).slice(0, 4)], [153.5, 151.5, 353.5, 351.5]);
    assert.deepEqual([...allMasks(scan.measured)], [1, 0, 1, 1]);
    assert.deepEqual(allDiffraction(prepare({ dfile }).measured), allDiffraction(scan.measured));
  }),
);

Deno.test(
  "PtydScan refuses to save into the file that it reads",
  withScan((source) => {
    assert.throws(
      () => prepare({ source, dfile: source, save: "append" }),
      (e) => isPtychoError(e, "ParameterError") && /another file to save into/.test(e.message),
    );
  }),
);

Deno.test(
  "PtydScan leaves out chunks whose files are missing, and says so",
  withScan((dfile, folder) => {
    Deno.removeSync(join(folder, "scan.ptyd.chunk00"));
    const messages: string[] = [];
    const scan = prepare({ dfile }, messages);
    assert.deepEqual([...scan.positions], [2, 20, 3, 30]);
    assert.match(messages.join("\n"), /Left out "\/chunks\/0".*scan\.ptyd\.chunk00/);
  }, { save: "link" }),
);

Deno.test("PtydScan without a path is refused", () => {
  assert.throws(() => prepare({}), (e) => isPtychoError(e, "ParameterError") && /data\.dfile/.test(e.message));
});

Deno.test("PtydScan of a missing file is a DataError that names it", () => {
  assert.throws(
    () => prepare({ dfile: "/nowhere/a.ptyd" }),
    (e) => isPtychoError(e, "DataError") && /a\.ptyd/.test(e.message),
  );
});
