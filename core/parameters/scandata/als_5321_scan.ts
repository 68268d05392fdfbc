/** Parameters of the loader for beamline 5.3.2.1 of the ALS, which writes CXI files. */

import { z } from "zod";
import { named } from "../values.ts";
import { energy, maybeText, text } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

const DETECTOR = "entry_1/instrument_1/detector_1";

const cxiPaths = z.strictObject({
  CXI_DATA_PATH: text("entry_1/data_1/data", "Dataset of the frames"),
  CXI_MASK_PATH: text("mask", "Dataset of the mask"),
  CXI_POS_PATH: text("entry_1/data_1/translation", "Dataset of the positions"),
  CXI_DISTANCE: text(`${DETECTOR}/distance`, "Dataset of the distance from sample to detector"),
  CXI_PSIZES: z.array(z.string()).prefault([`${DETECTOR}/x_pixel_size`, `${DETECTOR}/y_pixel_size`]).meta({
    types: ["list"],
    description: "Datasets of the horizontal and the vertical size of a detector pixel",
  }),
});

/** Parameters of `ALS5321Scan`. `dataile` is spelt as in PtyPy. */
export const als5321ScanParams = z.strictObject({
  ...PTY_SCAN_SHAPE,
  name: named("ALS5321Scan"),
  energy: energy(0.82),
  dataPath: maybeText("Folder of the files"),
  dataile: maybeText("Name of the CXI file; the spelling is PtyPy's"),
  maskfile: maybeText("Name of the HDF5 file with the mask"),
  CXI_PATHS: cxiPaths.prefault({}).meta({ description: "Where things are in the CXI file" }),
}).meta({ description: "Reads CXI files of beamline 5.3.2.1 (ALS)" });

/** Parameters of `ALS5321Scan`, parsed. */
export type Als5321ScanParams = z.infer<typeof als5321ScanParams>;
