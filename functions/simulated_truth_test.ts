/** The truth of simulated rocking curves makes their frames. */

import assert from "node:assert/strict";
import { figureOfPtyr } from "../core/figures/figure_of_ptyr.ts";
import { reconstructionFigure } from "../core/figures/reconstruction_figure.ts";
import { openPack } from "../core/formats/array_pack.ts";
import { readPtyr } from "../core/formats/ptyr.ts";
import { createBraggPropagator } from "../core/propagators/bragg.ts";
import { parsePtycho } from "../core/ptycho_params.ts";
import { createRandom } from "../core/random.ts";
import { allDiffraction } from "../kernels/measured.ts";
import { assertClose, ROUNDING } from "../kernels/testing.ts";
import { dryRun } from "./dry_run.ts";
import { loadScans } from "./load.ts";
import { readPrepared, writePrepared } from "./prepared_pack.ts";
import { simulateScans } from "./simulate.ts";
import { startModel } from "./start.ts";

const TREE = {
  data_type: "double",
  scans: {
    B: {
      name: "Bragg3dModel",
      data: {
        name: "Bragg3dSimScan",
        shape: 16,
        n_rocking_positions: 4,
        psize: 5e-4,
        rocking_step: 0.01,
        stepsize: 1e-6,
        illumination: { aperture: { size: 4e-7 } },
      },
    },
  },
};

function services(folder: string) {
  const silent = () => {};
  return {
    random: createRandom(1),
    path: (relative: string) => `${folder}/${relative}`,
    log: silent,
    warn: silent,
    now: new Date(0),
    fileOf: (label: string) => `${label}.ptyd`,
  };
}

Deno.test("simulateScans() writes rocking curves, and a crystal and a probe that make them", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const parsed = parsePtycho(TREE);
    const [files] = await simulateScans(parsed, services(folder));
    assert.deepEqual([files!.frames, files!.truth], [24, `${folder}/B_truth.ptyr`]);
    const truth = readPtyr(files!.truth!);
    const { model, data } = startModel(loadScans(parsed, services(folder)), parsed.p, services(folder));
    const volumes = allDiffraction(data.blocks[0]!.measured);
    const [probe, object] = [truth.probe.SB!, truth.obj.SB!];
    const view = model.obj.views[1]!;
    const [, , rows, cols] = object.data.shape as [number, number, number, number];
    const wave = Float64Array.from(probe.data.data, (value, i) => {
      const at = i >> 1;
      const [z, y, x] = [at >> 8, (at >> 4) & 15, at & 15];
      return value * object.data.data[2 * (((view.depth!.low + z) * rows + view.low[0] + y) * cols + view.low[1] + x)]!;
    });
    const spectrum = createBraggPropagator([4, 16, 16]).forward(wave);
    const size = 4 * 256;
    const expected = Float64Array.from({ length: size }, (_, i) => spectrum[2 * i]! ** 2 + spectrum[2 * i + 1]! ** 2);
    assert.ok(expected.some((v) => v > 1));
    assertClose(volumes.subarray(size, 2 * size), expected, ROUNDING);
    // The same grid as that of a model: results can be laid beside the truth.
    const { depth, center } = model.obj.storages[0]!;
    assert.deepEqual([object.depth!.center, ...object.center], [depth!.center, ...center]);
    assert.match(reconstructionFigure(figureOfPtyr(truth)), /Object amplitude: x down, y right/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a dry run says how large the volumes are", () => {
  const device = { name: "reference", limits: { maxBufferBytes: Infinity, maxBindings: Infinity } } as const;
  const { scans: [scan] } = dryRun(parsePtycho(TREE), { ...services("."), name: "b", device });
  assert.deepEqual([scan!.frames, scan!.probe, scan!.object[1]], [24, [1, 4, 16, 16], 4]);
  assert.equal(scan!.resolution.length, 3);
});

Deno.test("writePrepared() keeps the coordinates of rocking curves", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const scans = loadScans(parsePtycho(TREE), services(folder));
    writePrepared(`${folder}/pack`, { scans, random: {} });
    using pack = openPack(`${folder}/pack`);
    const read = readPrepared(pack).scans.get("B")!;
    assert.deepEqual(read.rocking, scans[0]!.prepared.rocking);
    assert.deepEqual(allDiffraction(read.measured), allDiffraction(scans[0]!.prepared.measured));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
