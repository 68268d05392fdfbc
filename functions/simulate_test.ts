/** Simulated scans as files: frames, truth and figure, and the same frames as in a run. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { allDiffraction } from "../kernels/measured.ts";
import { openPtyd } from "../core/formats/ptyd.ts";
import { readPtyr } from "../core/formats/ptyr.ts";
import { parsePtycho } from "../core/ptycho_params.ts";
import { createRandom } from "../core/random.ts";
import { loadScans } from "./load.ts";
import { simulateScans } from "./simulate.ts";

const DATA = {
  name: "SimScan",
  shape: 24,
  distance: 1,
  psize: 1e-5,
  energy: 7.2,
  xy: { model: "spiral", extent: 6e-6, spacing: 1e-6, steps: 6, jitter: 2e-7 },
  pos_noise: 3e-7,
  pos_scale: 1,
  illumination: {
    photons: 1e6,
    aperture: { form: "circ", size: 3e-6, diffuser: [1, 3] },
    diversity: { noise: [3, 3] },
  },
  coherence: { num_probe_modes: 2 },
};

function services(folder: string) {
  return {
    random: createRandom(5),
    path: (name: string) => join(folder, name),
    log: () => {},
    now: new Date(0),
    fileOf: (label: string) => `${label}.ptyd`,
  };
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("simulateScans() of SimScan writes frames, truth and figure; the truth has the true positions", () =>
  inFolder(async (folder) => {
    const parsed = parsePtycho({ scans: { B: { name: "Full", data: DATA } } });
    const [files] = await simulateScans(parsed, services(folder));
    assert.deepEqual([files!.label, files!.shape], ["B", [24, 24]]);
    assert.deepEqual([files!.truth, files!.figure], ["B_truth.ptyr", "B_truth.png"].map((name) => join(folder, name)));
    assert.deepEqual([...Deno.readFileSync(files!.figure!).slice(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
    const { probe, obj, positions } = readPtyr(files!.truth!);
    assert.deepEqual([Object.keys(probe), Object.keys(obj)], [["SBG00"], ["SBG00"]]);
    assert.deepEqual([probe.SBG00!.ID, probe.SBG00!.data.shape], ["SBG00", [2, 24, 24]]);
    using ptyd = openPtyd(files!.ptyd);
    const errors = Array.from(ptyd.positions!, (v, i) => v - (positions!.SBG00!.data[i] as number));
    assert.equal(errors.length, 2 * files!.frames);
    assert.ok(errors.every((e) => e !== 0 && Math.abs(e) <= 3e-7));
  }));

Deno.test("simulateScans() draws no figure where plot is false", () =>
  inFolder(async (folder) => {
    const parsed = parsePtycho({ scans: { B: { name: "Full", data: { ...DATA, plot: false } } } });
    const [files] = await simulateScans(parsed, services(folder));
    assert.equal(files!.figure, null);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["B.ptyd", "B_truth.ptyr"]);
  }));

Deno.test("a run refuses to reconstruct another field than the one that it simulates", () => {
  const data = { ...DATA, propagation: "nearfield", psize: 1e-6, distance: 1e-2 };
  const parsed = parsePtycho({ scans: { B: { name: "Full", data } } });
  const message = /^scans\.B\.propagation: found "farfield", expected "nearfield" as in scans\.B\.data/;
  assert.throws(() => loadScans(parsed, services("")), { message });
});

Deno.test("what a simulation says of its parameters has the label of the scan", async () => {
  await inFolder(async (folder) => {
    const said: string[] = [];
    const data = { ...DATA, detector: "PILATUS_300K", plot: false };
    const parsed = parsePtycho({ scans: { B: { name: "Full", data } } });
    await simulateScans(parsed, { ...services(folder), warn: (message) => said.push(message) });
    assert.match(said.join(), /^scans\.B\.data\.psize is 0\.00001 x 0\.00001 m, but/);
  });
});

Deno.test("a run of the same file and seed has the frames that were simulated, in chunks of any size", () =>
  inFolder(async (folder) => {
    for (const min_frames of [1, 7]) {
      const parsed = parsePtycho({ scans: { B: { name: "Full", data: { ...DATA, min_frames, plot: false } } } });
      const [files] = await simulateScans(parsed, services(folder));
      const [scan] = loadScans(parsed, services(folder));
      using ptyd = openPtyd(files!.ptyd);
      const saved = Array.from(ptyd.frames(0, files!.frames).data.data, Number);
      assert.deepEqual(Array.from(allDiffraction(scan!.prepared.measured)), saved);
      assert.deepEqual(scan!.prepared.positions, ptyd.positions);
    }
  }));
