/** Parameters of the three loaders for the NanoMAX beamline of MAX IV. */

import { z } from "zod";
import { named } from "../values.ts";
import { flag, maybeInt, maybeText, text } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

const NANOMAX_SHAPE = {
  ...PTY_SCAN_SHAPE,
  dataPath: maybeText("Folder of the Sardana master file"),
  datafile: maybeText("Name of the Sardana master file, which holds the positions"),
  maskfile: maybeText("HDF5 file with the dataset `mask`"),
  pilatusPath: maybeText("Folder of the frame files"),
  pilatusPattern: maybeText("Names of the frame files, a pattern with two whole numbers: scan, then image or line"),
  scannr: maybeInt("Number of the scan"),
};

const STAGE_SHAPE = {
  hdfPath: text("entry_0000/measurement/Pilatus/data", "Dataset of the frames in each frame file"),
  xMotorFlipped: flag(false, "Whether the horizontal motor runs against the laboratory's axis"),
  yMotorFlipped: flag(false, "Whether the vertical motor runs against the laboratory's axis"),
  xMotorAngle: z.number().prefault(0).meta({
    description: "Angle about the vertical axis between the horizontal motor and the plane of the sample",
    unit: "deg",
  }),
};

/** Parameters of `NanomaxStepscanNov2016`. */
export const nanomaxStepscanNov2016Params = z.strictObject({
  ...NANOMAX_SHAPE,
  name: named("NanomaxStepscanNov2016"),
}).meta({ description: "Reads step scans of NanoMAX (MAX IV) as of November 2016" });

/** Parameters of `NanomaxStepscanMay2017`. */
export const nanomaxStepscanMay2017Params = z.strictObject({
  ...NANOMAX_SHAPE,
  ...STAGE_SHAPE,
  name: named("NanomaxStepscanMay2017"),
}).meta({ description: "Reads step scans of NanoMAX (MAX IV) as of May 2017" });

/** Parameters of `NanomaxFlyscanJune2017`. */
export const nanomaxFlyscanJune2017Params = z.strictObject({
  ...NANOMAX_SHAPE,
  ...STAGE_SHAPE,
  name: named("NanomaxFlyscanJune2017"),
  detNormalizationFilePattern: maybeText(
    "Names of the files of the detector that frames are normalised by, as a pattern",
  ),
  detNormalizationIndices: maybeText("Window of that detector whose mean is taken, as index ranges"),
}).meta({ description: "Reads fly scans of NanoMAX (MAX IV) as of June 2017" });

/** Parameters of `NanomaxStepscanNov2016`, parsed. */
export type NanomaxStepscanNov2016Params = z.infer<typeof nanomaxStepscanNov2016Params>;

/** Parameters of `NanomaxStepscanMay2017`, parsed. */
export type NanomaxStepscanMay2017Params = z.infer<typeof nanomaxStepscanMay2017Params>;

/** Parameters of `NanomaxFlyscanJune2017`, parsed. */
export type NanomaxFlyscanJune2017Params = z.infer<typeof nanomaxFlyscanJune2017Params>;
