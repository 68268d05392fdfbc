/** Which orientation fits: a simulated scan as it is and turned in the seven other ways, and what is said where nothing can be. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openPtyd } from "../core/formats/ptyd.ts";
import { createPtyd } from "../core/formats/ptyd_writer.ts";
import { orientCenter, orientFrame, orientShape } from "../core/preparation/orientation.ts";
import { parsePtycho } from "../core/ptycho_params.ts";
import { createRandom } from "../core/random.ts";
import { createWasmDevice } from "../kernels/wasm_device.ts";
import type { LoadServices } from "./load.ts";
import { judge, orient, type OrientTrial } from "./orient.ts";
import { simulateScans } from "./simulate.ts";

const NOW = new Date(0);

/** Detector as it was mounted so that `orientation` brings frames back: their inverse, flips first. */
function mounted(orientation: number): { transpose: boolean; flipud: boolean; fliplr: boolean } {
  const [transpose, flipud, fliplr] = [(orientation & 4) > 0, (orientation & 2) > 0, (orientation & 1) > 0];
  // Transpose, then flip rows, is undone by flip rows, then transpose, which is transpose, then flip columns.
  return transpose ? { transpose, flipud: fliplr, fliplr: flipud } : { transpose, flipud, fliplr };
}

/** Writes the frames of `from` as the detector sees them that `orientation` corrects. */
function turn(from: string, { to, orientation }: { to: string; orientation: number }): void {
  using source = openPtyd(from);
  const { data } = source.frames(0, source.numFrames);
  const shape = [source.shape[0], source.shape[1]] as const;
  const how = { ...mounted(orientation), shape };
  const size = shape[0] * shape[1];
  const turned = new Float64Array(data.data.length);
  for (let at = 0; at < turned.length; at += size) {
    orientFrame(turned.subarray(at, at + size), Float64Array.from(data.data.subarray(at, at + size), Number), how);
  }
  const center = orientCenter(source.meta.center!, how);
  using file = createPtyd(to, { save: "append", meta: { ...source.meta, center }, info: {}, now: NOW });
  file.append({
    data: { dtype: "float64", shape: [source.numFrames, ...orientShape(shape, how)], data: turned },
    indices: source.indices,
    positions: source.positions,
    weights: null,
  });
  file.close();
}

function services(folder: string): LoadServices {
  return {
    random: createRandom(0),
    path: (name) => join(folder, name),
    log: () => {},
    now: NOW,
  };
}

const ILLUMINATION = {
  aperture: { form: "circ", size: 5e-6, edge: 2 },
  propagation: { parallel: 0.02 },
  diversity: null,
};

/** One of the seven ways to turn frames, whose inverse is another one. Trials take time; the Siemens star was tried in all eight. */
const TURNED = [5];

Deno.test("orient() finds the identity of a simulated scan, and how it was turned", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const data = { name: "MoonFlowerScan", num_frames: 30, shape: 32, density: 0.15, photons: 1e7, center: "fftshift" };
    const simulation = parsePtycho({ scans: { MF: { name: "Full", data } } });
    simulateScans(simulation, { ...services(folder), fileOf: () => "0.ptyd" });
    const device = createWasmDevice({ threads: 1, keepMemory: true });
    const found: unknown[] = [];
    for (const orientation of [0, ...TURNED]) {
      if (orientation > 0) turn(join(folder, "0.ptyd"), { to: join(folder, `${orientation}.ptyd`), orientation });
      const parsed = parsePtycho({
        scans: {
          MF: { name: "Full", data: { name: "PtydScan", dfile: `${orientation}.ptyd` }, illumination: ILLUMINATION },
        },
      });
      const result = await orient(parsed, services(folder), { frames: 30, iterations: 15, device });
      found.push(result.orientation);
      assert.ok(result.factor > 1.2, `orientation ${orientation} stands out by ${result.factor}`);
    }
    assert.deepEqual(found, [0, ...TURNED]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** Trials of errors and correlations by orientation. */
function trials(errors: readonly number[], matter: readonly number[]): OrientTrial[] {
  return errors.map((error, orientation) => ({ orientation, error, matter: matter[orientation]! }));
}

const NOTHING = [0, 0, 0, 0, 0, 0, 0, 0];

Deno.test("judge() takes the least error, and of a half turn that fits alike what matter says", () => {
  const clear = judge(trials([9, 9, 9, 9, 9, 9, 2, 9], NOTHING), { isNearField: false });
  assert.deepEqual([clear.orientation, clear.factor, clear.halfTurn], [6, 4.5, "error"]);
  const alike = [9, 2, 2.05, 9, 9, 9, 8, 9];
  const matter = judge(trials(alike, [0, -0.1, 0.1, 0, 0, 0, 0, 0]), { isNearField: false });
  assert.deepEqual([matter.orientation, matter.halfTurn, matter.factor], [2, "matter", 8 / 2.05]);
  const unknown = judge(trials(alike, [0, 0.01, 0.02, 0, 0, 0, 0, 0]), { isNearField: false });
  assert.deepEqual([unknown.orientation, unknown.halfTurn], [1, null]);
  // In the near field half a turn is another fit, which counts among the others.
  const near = judge(trials(alike, NOTHING), { isNearField: true });
  assert.deepEqual([near.orientation, near.halfTurn, near.factor], [1, "error", 2.05 / 2]);
});
