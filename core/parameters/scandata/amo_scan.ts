/** Parameters of the loader for the AMO and CXI instruments of the LCLS. */

import { z } from "zod";
import { named } from "../values.ts";
import { maybeInt, maybeText, motorsMultiplier } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Parameters of `AMOScan`. */
export const amoScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("AMOScan"),
  date: maybeText("Date of the measurement, for the record"),
  scan_number: maybeInt("Number of the scan, used as its label"),
  motors_multiplier: motorsMultiplier(1e-3),
  data_file: maybeText("HDF5 file with frames and positions"),
  dark_file: maybeText("File with the dark frame"),
  flat_file: maybeText("File with the flat field"),
  mask_file: maybeText("HDF5 file with the dataset `mask`"),
  threshold_correct: z.number().prefault(0).meta({ description: "Pixels with lower values are set to zero" }),
}).meta({ description: "Reads scans of the AMO and CXI instruments (LCLS)" });

/** Parameters of `AMOScan`, parsed. */
export type AmoScanParams = z.infer<typeof amoScanParams>;
