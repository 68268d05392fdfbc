/** Parameters of the simulated scan that needs no file. */

import { z } from "zod";
import { named, pair } from "../values.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** `num_frames` of simulated scans. */
export const SIMULATED_FRAMES = z.int().nullable().prefault(100).meta({
  description: "How many frames are simulated at most; None for as many as the pattern has",
});

/** Parameters of `MoonFlowerScan`. */
export const moonFlowerScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("MoonFlowerScan"),
  num_frames: SIMULATED_FRAMES,
  shape: pair(z.int()).nullable().prefault(128).meta({
    types: ["int", "tuple"],
    description: "Size of the simulated frames, one number or (rows, columns)",
    unit: "px",
  }),
  density: z.number().prefault(0.2).meta({
    description: "Distance of neighbouring positions as a fraction of the frame's width in the sample",
  }),
  model: z.enum(["round", "raster"]).prefault("round").meta({
    description: "Scan pattern: concentric shells or a grid",
  }),
  photons: z.number().prefault(1e8).meta({ description: "Photons in the beam that makes one frame", unit: "photons" }),
  psf: z.number().prefault(0).meta({
    description: "Standard deviation of the Gaussian that blurs the frames like a detector; 0 for none",
    unit: "px",
  }),
}).meta({ description: "Simulates a scan of a flower with a moon-shaped probe" });

/** Parameters of `MoonFlowerScan`, parsed. */
export type MoonFlowerScanParams = z.infer<typeof moonFlowerScanParams>;
