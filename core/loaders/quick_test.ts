/** The scan of one bright pixel. */

import { allDiffraction } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import { quickScanParams } from "../parameters/scandata/quick_scan.ts";
import { prepareScan } from "../preparation/prepare.ts";
import { silentServices } from "../preparation/testing.ts";
import { quick } from "./quick.ts";

Deno.test("QuickScan has 1e7 counts at n // 2 of every frame and a spacing of density times the field of view", () => {
  const p = quickScanParams.parse({ name: "QuickScan", shape: 8, num_frames: 6 });
  const scan = prepareScan(quick, p, {
    label: "Q",
    written: new Set(["shape", "num_frames"]),
    services: silentServices(),
    precision: "single",
    now: new Date(0),
  });
  const frame = new Float32Array(64);
  frame[4 * 8 + 4] = 1e7;
  for (let i = 0; i < 6; i++) assert.deepEqual(allDiffraction(scan.measured).slice(64 * i, 64 * (i + 1)), frame);
  assert.deepEqual(scan.meta.center, [4, 4]);
  const fieldOfView = 1.23984193e-9 / 7.2 * 7.19 / 0.000172;
  assert.ok(Math.abs(Math.hypot(scan.positions[2]!, scan.positions[3]!) / (0.05 * fieldOfView) - 1) < 1e-12);
});
