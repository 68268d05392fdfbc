/** Parameters of the loaders of CXI files. PtyPy has neither of them. */

import { z } from "zod";
import { named, pair } from "../values.ts";
import { flag, maybeText, redefault, saturation } from "./fields.ts";
import { PTY_SCAN_SHAPE } from "./pty_scan.ts";

const CXI_SHAPE = {
  ...PTY_SCAN_SHAPE,
  source: z.string().min(1).nullable().prefault(null).meta({
    types: ["str"],
    description: "The file to read; it must be written",
  }),
  entry: maybeText("Group of the scan, such as `entry_2`; None for the first entry that has frames"),
  data_key: maybeText("Data set of the frames; None for where the format has them"),
  positions_key: maybeText("Data set of the translations (x, y, z); None for where the format has them"),
  mask_key: maybeText(
    "Data set of the mask, bits as in CXI, 0 = valid; None for where the format has it, if it is there",
  ),
  motors_multiplier: pair(z.number()).prefault(1).meta({
    types: ["float", "tuple"],
    description: "Factor of the positions, one number or (rows, columns); -1 turns an axis around",
  }),
  saturation: saturation(),
  take_common: flag(
    false,
    "Whether, of frames and positions that differ in number, the first that both have are taken; else they are refused",
  ),
  shape: redefault(PTY_SCAN_SHAPE.shape, null),
  center: redefault(PTY_SCAN_SHAPE.center, null),
  psize: redefault(PTY_SCAN_SHAPE.psize, null),
  distance: redefault(PTY_SCAN_SHAPE.distance, null),
  energy: redefault(PTY_SCAN_SHAPE.energy, null),
};

/** Parameters of `CxiScan`. */
export const cxiScanParams = z.strictObject({ ...CXI_SHAPE, name: named("CxiScan") }).meta({
  ours: true,
  description: "Reads any CXI file: frames, translations, mask and geometry; what is written here wins over the file",
});

/** Parameters of `NXcxiPtychoScan`. */
export const nxcxiPtychoScanParams = z.strictObject({ ...CXI_SHAPE, name: named("NXcxiPtychoScan") }).meta({
  ours: true,
  description: "Reads NeXus files of the definition NXcxi_ptycho, photon energy in J or eV; what is written here wins",
});

/** Parameters of `CxiScan`, parsed. */
export type CxiScanParams = z.infer<typeof cxiScanParams>;

/** Parameters of `NXcxiPtychoScan`, parsed. */
export type NxcxiPtychoScanParams = z.infer<typeof nxcxiPtychoScanParams>;
