/** Parameters of the simulation of a three-dimensional Bragg experiment. */

import { z } from "zod";
import { singleIlluminationParams } from "../illumination.ts";
import { named } from "../values.ts";
import { energy, flag, maybeText, redefault } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Parameters of `Bragg3dSimScan`. */
export const bragg3dSimScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("Bragg3dSimScan"),
  psize: redefault(PTY_SCAN_SHAPE.psize, 1.3e-5),
  distance: redefault(PTY_SCAN_SHAPE.distance, 2),
  energy: energy(8.5),
  rocking_step: z.number().prefault(0.0025).meta({
    description: "Angle between two steps of the rocking curve",
    unit: "deg",
  }),
  n_rocking_positions: z.int().prefault(40).meta({ description: "Steps of the rocking curve" }),
  theta_bragg: z.number().prefault(22.32).meta({ description: "Bragg angle", unit: "deg" }),
  shuffle: flag(false, "Whether frames come in random order, to test that they are put together again"),
  dump: maybeText("File into which the simulated intensities are written; None for no file"),
  dry_run: flag(false, "Whether frames stay empty, which skips the heavy transforms"),
  illumination: singleIlluminationParams,
  scantype: z.enum(["1d", "2d"]).prefault("1d").meta({ description: "Positions on a vertical line, or on a spiral" }),
  stepsize: z.number().prefault(5e-7).meta({ description: "Distance of neighbouring positions", unit: "m" }),
}).meta({ description: "Simulates three-dimensional Bragg ptychography of a small crystal" });

/** Parameters of `Bragg3dSimScan`, parsed. */
export type Bragg3dSimScanParams = z.infer<typeof bragg3dSimScanParams>;
