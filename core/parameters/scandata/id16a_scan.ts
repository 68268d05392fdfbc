/** Parameters of the loader for the near-field beamline ID16A of the ESRF. */

import { z } from "zod";
import { named } from "../values.ts";
import { flag, maybeText, motors, motorsMultiplier, NO_AUTO_CENTER, orientation, text } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

const FOLDER = "/data/id16a/inhouse1/instrument";

/** Parameters of `ID16AScan`. */
export const id16aScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("ID16AScan"),
  auto_center: NO_AUTO_CENTER,
  orientation: orientation([false, true, false]),
  motors: motors(["spy", "spz"]),
  motors_multiplier: motorsMultiplier(1e-6),
  base_path: maybeText("Folder of the measurement; None to look for `id16a` above the working folder"),
  sample_name: maybeText("Beginning of the names of the frame files"),
  mask_file: maybeText("HDF5 file with the dataset `mask`"),
  flat_division: flag(false, "Whether frames are divided by the mean of the reference frames"),
  dark_subtraction: flag(false, "Whether the mean of the dark frames is subtracted"),
  distortion_h_file: text(
    `${FOLDER}/img1/optique_peter_distortion/detector_distortion2d_v.edf`,
    "Map of the detector's horizontal distortion in pixels, applied if another file is named here; its name has the other axis",
  ),
  distortion_v_file: text(
    `${FOLDER}/img1/optique_peter_distortion/detector_distortion2d_h.edf`,
    "Map of the detector's vertical distortion in pixels, applied if another file is named here; its name has the other axis",
  ),
  whitefield_file: text(
    `${FOLDER}/whitefield/white.edf`,
    "Frame of the beam without sample, by which frames are divided if another file is named here",
  ),
  det_flat_field: maybeText("EDF file with the response of the detector's pixels"),
  recipe: z.looseObject({}).prefault({}).meta({
    description:
      "Further settings: `detector` (group of the frames in HDF5 files), `pad_crop` (side in pixels to which frames are cut or padded), `use_bpm5_ct` (whether frames are divided by that counter), `undistort` and `use_whitefield` (whether those files are used although they are the defaults)",
  }),
}).meta({ description: "Reads near-field scans of beamline ID16A (ESRF)" });

/** What `recipe` may hold; PtyPy's list names none of it. */
export const id16aRecipe = z.strictObject({
  detector: z.string().min(1).nullable().optional(),
  pad_crop: z.int().min(1).optional(),
  use_bpm5_ct: z.boolean().default(false),
  undistort: z.boolean().default(false),
  use_whitefield: z.boolean().default(false),
});

/** The recipe, parsed. */
export type Id16aRecipe = z.infer<typeof id16aRecipe>;

/** Parameters of `ID16AScan`, parsed. */
export type Id16aScanParams = z.infer<typeof id16aScanParams>;
