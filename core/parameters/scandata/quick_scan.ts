/** Parameters of the scan with one bright pixel, for speed tests. */

import { z } from "zod";
import { named, pair } from "../values.ts";
import { SIMULATED_FRAMES } from "./moon_flower_scan.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Parameters of `QuickScan`. The list of PtyPy shows the name of another loader as its default. */
export const quickScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("QuickScan", "MoonFlowerScan"),
  num_frames: SIMULATED_FRAMES,
  shape: pair(z.int()).nullable().prefault(64).meta({
    types: ["int", "tuple"],
    description: "Size of the simulated frames, one number or (rows, columns)",
    unit: "px",
  }),
  density: z.number().prefault(0.05).meta({
    description: "Distance of neighbouring positions as a fraction of the frame's width in the sample",
  }),
}).meta({ description: "Simulates frames with one bright pixel each, to measure speed and not to reconstruct" });

/** Parameters of `QuickScan`, parsed. */
export type QuickScanParams = z.infer<typeof quickScanParams>;
