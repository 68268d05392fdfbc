/** Parameters of the simulation of a whole experiment. */

import { z } from "zod";
import { illuminationParams } from "../illumination.ts";
import { sampleParams } from "../sample.ts";
import { named, ndarray, oneOrMore, pair } from "../values.ts";
import { xyParams } from "../xy.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Parameters of `SimScan`. */
export const simScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("SimScan"),
  illumination: illuminationParams,
  sample: sampleParams,
  xy: xyParams.prefault({}).meta({ description: "Scan pattern" }),
  pos_noise: z.number().prefault(1e-10).meta({
    description: "Half width of the uniform error of the positions; no version of PtyPy applies it",
    unit: "m",
  }),
  pos_scale: oneOrMore(z.number()).prefault(0).meta({
    types: ["float", "list"],
    description: "Factor on the position error, one number or one per position; no version of PtyPy applies it",
  }),
  pos_drift: oneOrMore(z.number()).prefault(0).meta({
    types: ["float", "list"],
    description: "Shift that is added to the positions, one number or one per position; no version of PtyPy applies it",
    unit: "m",
  }),
  detector: z.union([z.string().min(1), z.looseObject({})]).nullable().prefault({}).meta({
    types: ["str", "Param"],
    description: "Detector model, by name or by its own parameters; None for an ideal one",
  }),
  frame_size: pair(z.number()).nullable().prefault(null).meta({
    types: ["float", "tuple"],
    description: "Size of the saved frames, one number or (rows, columns); None for that of the simulation",
    unit: "px",
  }),
  psf: z.union([z.number(), z.tuple([z.number(), z.number()]), ndarray()]).nullable().prefault(null).meta({
    types: ["float", "tuple", "ndarray"],
    description:
      "Blur of the frames: standard deviation of a Gaussian for both axes or each (px), or a kernel; None for none",
  }),
  verbose_level: z.int().prefault(1).meta({ description: "Verbosity while simulating" }),
  plot: z.boolean().prefault(true).meta({ description: "Whether the simulated fields are shown" }),
  propagation: z.enum(["farfield", "nearfield"]).prefault("farfield").meta({
    description: "Propagation from sample to detector",
  }),
}).meta({ description: "Simulates a scan from a full description of beam, sample, pattern and detector" });

/** Parameters of `SimScan`, parsed. */
export type SimScanParams = z.infer<typeof simScanParams>;
