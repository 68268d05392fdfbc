/** Parameters of the loader for the DiProI beamline of FERMI. */

import { z } from "zod";
import { named } from "../values.ts";
import { flag, maybeText, motors, motorsMultiplier, NO_AUTO_CENTER, text } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

/** Parameters of `DiProIFERMIScan`. */
export const diproiFermiScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("DiProIFERMIScan"),
  auto_center: NO_AUTO_CENTER,
  base_path: maybeText("Folder of the measurement"),
  scan_name: maybeText("Folder of the scan, such as `Cycle001`"),
  run_ID: maybeText("Folder of the run, such as `Scan018`"),
  dark_name: maybeText("Folder of the dark frames, such as `Dark`; None to subtract `dark_value`"),
  dark_value: z.number().prefault(200).meta({
    description: "Constant that is subtracted where there are no dark frames",
  }),
  detector_flat_file: maybeText("HDF5 file with the dataset `flat`"),
  h5_file_pattern: text(
    "%(base_path)s/imported/%(run_ID)s/%(scan_name)s/rawdata/",
    "Folder of the frames, as a pattern",
  ),
  dark_h5_file_pattern: text(
    "%(base_path)s/imported/%(run_ID)s/%(dark_name)s/rawdata/",
    "Folder of the dark frames, as a pattern",
  ),
  date: maybeText("Date of the measurement, for the record"),
  motors: motors(["sample_x", "sample_y"]),
  motors_multiplier: motorsMultiplier(1e-3),
  mask_file: maybeText("HDF5 file with the dataset `mask`"),
  use_refined_positions: flag(false, "Whether positions of an earlier refinement are used"),
  refined_positions_pattern: text(
    "%(base_path)s/imported/%(run_ID)s/%(scan_name)s/",
    "Folder of the refined positions, as a pattern",
  ),
  flat_division: flag(false, "Whether frames are divided by the flat field"),
  dark_subtraction: flag(false, "Whether the dark frame is subtracted"),
}).meta({ description: "Reads scans of the DiProI beamline (FERMI)" });

/** Parameters of `DiProIFERMIScan`, parsed. */
export type DiproiFermiScanParams = z.infer<typeof diproiFermiScanParams>;
