/** Parameters of the simulation of a whole experiment. */

import { z } from "zod";
import { coherenceParams } from "../scan/coherence.ts";
import { illuminationParams } from "../illumination.ts";
import { sampleParams } from "../sample.ts";
import { meant, named, ndarray, oneOrMore, pair } from "../values.ts";
import { xyParams } from "../xy.ts";
import { DETECTOR_NAMES, detectorParams } from "./detector.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Parameters of `SimScan`. */
export const simScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("SimScan"),
  illumination: illuminationParams,
  sample: sampleParams,
  coherence: coherenceParams.meta({ ours: true, description: "Modes and energies of the light that is simulated" }),
  xy: xyParams.prefault({}).meta({ description: "Scan pattern" }),
  pos_noise: z.number().prefault(1e-10).meta({
    description:
      "Half width of the even distribution of the error of recorded positions; no version of PtyPy applies it",
    unit: "m",
  }),
  pos_scale: oneOrMore(z.number()).prefault(0).meta({
    types: ["float", "list"],
    description:
      "Factor on `pos_noise`, one number or one per position, the last of them also for those that follow; no version of PtyPy applies it",
  }),
  pos_drift: oneOrMore(z.number()).prefault(0).meta({
    types: ["float", "list"],
    description:
      "Shift of recorded positions along both axes, one number or a list as in `pos_scale`; no version of PtyPy applies it",
    unit: "m",
  }),
  detector: z.union([z.enum(DETECTOR_NAMES), detectorParams]).nullable().prefault({}).meta({
    types: ["str", "Param"],
    description:
      "Detector model, by name or by its own parameters; None for an ideal one, which gives mean photons without noise",
  }),
  frame_size: pair(meant(z.int(), { from: 1 })).nullable().prefault(null).meta({
    types: ["float", "tuple"],
    description:
      "Size of the frames that are handed on, about the middle of the simulated ones, which are cut or extended by masked pixels, one number or (rows, columns); None for that of the simulation; no version of PtyPy applies it",
    unit: "px",
  }),
  psf: z.union([z.number(), z.tuple([z.number(), z.number()]), ndarray()]).nullable().prefault(null).meta({
    types: ["float", "tuple", "ndarray"],
    description:
      "Blur of the frames: standard deviation of a Gaussian for both axes or each (px), or a kernel (y, x), scaled to a sum of 1; None for none",
  }),
  verbose_level: z.int().prefault(1).meta({
    description:
      "What is told of the simulation: 0 nothing, 1 its size, 2 also its light and its pixels, 3 also each run of frames",
  }),
  plot: z.boolean().prefault(true).meta({
    description: "Whether `exitwave simulate` draws the probe and the object beside the file that holds them",
  }),
  propagation: z.enum(["farfield", "nearfield"]).prefault("farfield").meta({
    description: "Propagation from sample to detector",
  }),
}).meta({ description: "Simulates a scan from a full description of beam, sample, pattern and detector" });

/** Parameters of `SimScan`, parsed. */
export type SimScanParams = z.infer<typeof simScanParams>;
