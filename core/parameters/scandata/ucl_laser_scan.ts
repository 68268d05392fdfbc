/** Parameters of the loader for the laser laboratory of UCL. */

import { z } from "zod";
import { named } from "../values.ts";
import {
  flag,
  maybeInt,
  maybeText,
  motors,
  motorsMultiplier,
  NO_AUTO_CENTER,
  NO_ENERGY,
  orientation,
  text,
} from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

const removeHotPixels = z.strictObject({
  apply: flag(false, "Whether single pixels that stick out are replaced"),
  size: z.int().prefault(3).meta({ description: "Side of the window whose median is taken", unit: "px" }),
  tolerance: z.int().prefault(10).meta({
    description: "Deviation from the median beyond which a pixel is replaced, in standard deviations of all deviations",
  }),
  ignore_edges: flag(false, "Whether the outermost pixels are left alone, which is faster"),
});

const gaussian = z.strictObject({
  std_x: z.number().prefault(1).meta({ description: "Horizontal standard deviation", unit: "px" }),
  std_y: z.number().prefault(1).meta({ description: "Vertical standard deviation", unit: "px" }),
  off_x: z.number().prefault(0).meta({ description: "Horizontal distance from the middle", unit: "px" }),
  off_y: z.number().prefault(0).meta({ description: "Vertical distance from the middle", unit: "px" }),
}).prefault({}).meta({ description: "One Gaussian of the sum; others may stand beside it under other names" });

const rlDeconvolution = z.strictObject({
  apply: flag(false, "Whether frames are sharpened by Richardson-Lucy deconvolution"),
  numiter: z.int().prefault(5).meta({ description: "How many iterations the deconvolution does" }),
  dfile: maybeText("File with the modulation transfer function; None to make it from `gaussians`"),
  gaussians: z.object({ g1: gaussian }).catchall(gaussian).prefault({}).meta({
    description: "Point spread function as a sum of Gaussians",
  }),
});

/** Parameters of `UCLLaserScan`. */
export const uclLaserScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("UCLLaserScan"),
  auto_center: NO_AUTO_CENTER,
  orientation: orientation([false, false, false]),
  energy: NO_ENERGY,
  scan_number: maybeInt("Number of the scan"),
  dark_number: maybeInt("Number of the scan with the dark frames"),
  flat_number: maybeInt("Number of the scan with the flat frames"),
  lam: z.number().nullable().prefault(null).meta({ description: "Wavelength", unit: "m" }),
  z: z.number().nullable().prefault(null).meta({ description: "Distance from sample to detector", unit: "m" }),
  detector_name: maybeText("Detector in the NeXus files; None for the first that has data"),
  motors: motors(["t1_sx", "t1_sy"]),
  motors_multiplier: motorsMultiplier(1e-3),
  base_path: text("./", "Folder of the measurement"),
  data_file_path: text("%(base_path)s' + 'raw/%(scan_number)06d", "Folder of the frames, as a pattern"),
  dark_file_path: text("%(base_path)s' + 'raw/%(dark_number)06d", "Folder of the dark frames, as a pattern"),
  flat_file_path: text("%(base_path)s' + 'raw/%(flat_number)06d", "Folder of the flat frames, as a pattern"),
  mask_file: maybeText("HDF5 file with the dataset `mask`"),
  use_EP: flag(false, "Whether the flat frame serves as a measurement of the probe alone"),
  remove_hot_pixels: removeHotPixels.prefault({}).meta({ description: "Replacement of pixels that stick out" }),
  rl_deconvolution: rlDeconvolution.prefault({}).meta({ description: "Richardson-Lucy deconvolution of the frames" }),
}).meta({ description: "Reads scans of the laser laboratory of University College London" });

/** Parameters of `UCLLaserScan`, parsed. */
export type UclLaserScanParams = z.infer<typeof uclLaserScanParams>;
