/** A simulation as preparation takes it. */

import assert from "node:assert/strict";
import { allMasks } from "../../kernels/measured.ts";
import { simScanParams } from "../parameters/scandata/sim_scan.ts";
import { type Preparation, prepareScan } from "../preparation/prepare.ts";
import { silentServices } from "../preparation/testing.ts";
import { createRandom } from "../random.ts";
import { simScan } from "./sim_scan.ts";

function prepare(given: Record<string, unknown>): Preparation {
  const xy = { model: "round", extent: 3e-6, spacing: 1e-6, steps: 3 };
  const p = simScanParams.parse({ name: "SimScan", xy, distance: 1, psize: 1e-5, ...given });
  return prepareScan(simScan, p, {
    label: "A",
    written: new Set(Object.keys(given)),
    services: silentServices({ random: createRandom(1) }),
    precision: "single",
    now: new Date(0),
  });
}

Deno.test("frame_size decides the prepared frames, although shape is written, and the axis comes to their middle", () => {
  const { meta, measured } = prepare({ shape: 32, frame_size: 12 });
  assert.deepEqual([meta.shape, meta.center, measured.points], [[12, 12], [6, 6], 144]);
});

Deno.test("a written center stays the axis when the frames are cut about another pixel", () => {
  const { meta, rawCenter } = prepare({ shape: 32, frame_size: 20, center: [14, 17] });
  assert.deepEqual([rawCenter, meta.center, meta.shape], [[8, 11], [10, 10], [20, 20]]);
});

Deno.test("gaps of the detector become the mask", () => {
  const { measured } = prepare({ shape: 16, detector: { shape: 16, modules: [7, 16], gaps: [2, 0] } });
  const mask = allMasks(measured).slice(0, 256);
  assert.deepEqual(
    Array.from(mask),
    Array.from({ length: 256 }, (_, i) => [7, 8].includes(Math.floor(i / 16)) ? 0 : 1),
  );
});
